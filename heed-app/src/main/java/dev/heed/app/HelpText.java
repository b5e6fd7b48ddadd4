package dev.heed.app;

import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Help whose lines break at blanks. Java's line breaks, which picocli goes by, are also behind the dots of {@code config.json} and
 * {@code .tsv}: while lines are laid out a letter as wide stands for such a dot.
 */
final class HelpText extends Help {
    /** Latin letter sinological dot, in no text of ours. */
    private static final char LETTER = '\ua78f';

    HelpText(CommandSpec spec, ColorScheme scheme) {
        super(spec, scheme);
    }

    @Override
    public IOptionRenderer createDefaultOptionRenderer() {
        IOptionRenderer usual = super.createDefaultOptionRenderer();
        return (option, label, scheme) -> whole(usual.render(option, label, scheme), scheme);
    }

    @Override
    public IParameterRenderer createDefaultParameterRenderer() {
        IParameterRenderer usual = super.createDefaultParameterRenderer();
        return (parameter, label, scheme) -> whole(usual.render(parameter, label, scheme), scheme);
    }

    @Override
    public String optionList() {
        return dotted(super.optionList());
    }

    @Override
    public String parameterList() {
        return dotted(super.parameterList());
    }

    /** Rows of cells, the last of which is the description. */
    private static Text[][] whole(Text[][] rows, ColorScheme scheme) {
        for (Text[] row : rows) {
            int last = row.length - 1;
            row[last] = scheme.text(row[last].plainString().replaceAll("\\.(?=\\w)", Character.toString(LETTER)));
        }
        return rows;
    }

    private static String dotted(String laidOut) {
        return laidOut.replace(LETTER, '.');
    }
}
