package dev.heed.app;

import dev.heed.app.print.Format;
import picocli.CommandLine.Option;

/** {@code --format}, for every command that prints a result. */
final class FormatOption {
    @Option(
            names = "--format",
            paramLabel = "text|json|csv",
            description = "What to print the result as. Default: text.")
    private Format format = Format.TEXT;

    Format value() {
        return format;
    }
}
