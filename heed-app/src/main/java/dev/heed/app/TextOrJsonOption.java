package dev.heed.app;

import dev.heed.app.print.Format;
import picocli.CommandLine.Option;

/** {@code --format}, for commands whose result is no single table. */
final class TextOrJsonOption {
    @Option(
            names = "--format",
            paramLabel = "text|json",
            converter = Formats.class,
            completionCandidates = Formats.class,
            description = "What to print the result as. Default: text.")
    private Format format = Format.TEXT;

    Format value() {
        return format;
    }

    static final class Formats extends OneOf<Format> {
        Formats() {
            super(Format.TEXT, Format.JSON);
        }
    }
}
