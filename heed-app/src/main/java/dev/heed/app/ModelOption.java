package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import dev.heed.text.Visible;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --model}, for every command that needs one. */
final class ModelOption {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "DIR",
            description = "A Hugging Face folder: config.json, *.safetensors, tokenizer.json.")
    private @Nullable Path folder;

    /** The model, loaded; what is odd about it goes to standard error. */
    Model load(String command, Terminal terminal) {
        if (folder == null) {
            throw new IllegalArgumentException(
                    command + ": no model is bundled yet: give --model DIR, any Hugging Face folder"
                            + " with config.json, *.safetensors and tokenizer.json ('heed models' lists what is supported)");
        }
        return load(folder, terminal);
    }

    static Model load(Path folder, Terminal terminal) {
        Model model = Model.load(folder);
        model.warnings().forEach(warning -> terminal.err().println("heed: warning: " + warning));
        return model;
    }

    /** The tokens of a text, of which at least one must be the text's own. */
    static Tokens tokens(String command, Model model, String text) {
        Tokens tokens = model.tokenizer().encode(text);
        if (tokens.all().stream().allMatch(Token::special)) {
            throw new IllegalArgumentException(command + ": the text must make at least one token, got "
                    + Visible.quote(text) + ", which makes none");
        }
        return tokens;
    }
}
