package dev.heed.app;

import dev.heed.app.print.Format;
import picocli.CommandLine.Option;

/** {@code --format}, for every command that prints a result. */
final class FormatOption {
    @Option(
            names = "--format",
            paramLabel = "text|json|csv",
            converter = Formats.class,
            completionCandidates = Formats.class,
            description = {
                "What to print the result as. Default: text.",
                "In csv a text that a spreadsheet would run as a formula, such as =1+1, gets an apostrophe in front."
            })
    private Format format = Format.TEXT;

    Format value() {
        return format;
    }

    static final class Formats extends OneOf<Format> {
        Formats() {
            super(Format.values());
        }
    }
}
