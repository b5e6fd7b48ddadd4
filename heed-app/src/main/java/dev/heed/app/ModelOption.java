package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import dev.heed.text.SpecialToken;
import dev.heed.text.Spelling;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import dev.heed.text.Visible;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --model}, for every command that needs one. */
final class ModelOption {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "NAME|DIR",
            description =
                    "A bundled model ('heed models' lists them), or a Hugging Face folder: config.json, *.safetensors,"
                            + " tokenizer.json.")
    private @Nullable String model;

    /** The model, loaded; what is odd about it goes to standard error. */
    Model load(String command, Terminal terminal) {
        if (model == null) {
            throw new IllegalArgumentException(command + ": give --model: " + names()
                    + " or any Hugging Face folder with config.json, *.safetensors and tokenizer.json");
        }
        return named(model, terminal);
    }

    /** The model, which no bundled one can be. */
    Model loadFolder(String command, String what, Terminal terminal) {
        if (model == null) {
            throw new IllegalArgumentException(command + ": give --model DIR, the Hugging Face folder of a model "
                    + what + "; no bundled one does");
        }
        return named(model, terminal);
    }

    /** The model that is asked for, or else the bundled one of this name. */
    Model loadOr(String usual, Terminal terminal) {
        return named(model == null ? usual : model, terminal);
    }

    /** True if none is asked for. */
    boolean isUsual() {
        return model == null;
    }

    static Model named(String name, Terminal terminal) {
        if (Model.bundled().contains(name) && !Files.isDirectory(Path.of(name))) {
            return Model.bundled(name);
        }
        if (!Files.exists(Path.of(name))) {
            throw new IllegalArgumentException(name + ": no such folder" + Spelling.question(name, Model.bundled())
                    + "; give a Hugging Face model folder (Heed downloads none) or a bundled model: " + names());
        }
        return load(Path.of(name), terminal);
    }

    /** What a model is called: its folder, also where a dot was typed. */
    static String name(Model model) {
        Path folder = model.folder().toAbsolutePath().normalize();
        return Visible.escape(String.valueOf(folder.getNameCount() == 0 ? folder : folder.getFileName()));
    }

    private static String names() {
        return String.join(", ", Model.bundled());
    }

    private static Model load(Path folder, Terminal terminal) {
        Model model = loadShowing(folder, terminal);
        model.warnings().forEach(terminal::warn);
        return model;
    }

    private static Model loadShowing(Path folder, Terminal terminal) {
        try (WaitingBar bar = new WaitingBar(WaitingBar.What.WEIGHTS, terminal, System::nanoTime)) {
            return Model.load(folder, bar::done);
        }
    }

    /** Those of each text; a message says which of several it is about. */
    static List<Tokens> tokens(String command, Model model, List<String> texts, Terminal terminal) {
        return IntStream.range(0, texts.size())
                .mapToObj(i -> {
                    String who = texts.size() == 1 ? command : command + ", text " + (i + 1);
                    return tokens(who, model, texts.get(i), terminal);
                })
                .toList();
    }

    /** The tokens of a text, of which at least one must be the text's own. */
    static Tokens tokens(String command, Model model, String text, Terminal terminal) {
        Tokens tokens = read(command, model, text);
        warn(model, tokens, terminal);
        return tokens;
    }

    /** The same, for a command that may yet fail: it warns itself when it has an answer. */
    static Tokens read(String command, Model model, String text) {
        requireReader(command, model);
        if (text.isEmpty()) { // the tokenizer would not know who gave it
            throw makesNone(command, text);
        }
        Tokens tokens = model.tokenizer().encode(text);
        if (tokens.all().stream().allMatch(Token::special)) {
            throw makesNone(command, text);
        }
        tokens.requireAtMost(command, model.network().longest());
        requireKnown(command, model, tokens);
        return tokens;
    }

    /** A context that was asked for is one that the model has; the usual one is shorter where it must be. */
    static void requireContext(String command, @Nullable Integer asked, int most) {
        if (asked != null && asked > most) {
            throw new IllegalArgumentException(command + ": --context must be at most " + most
                    + ", as many tokens as the model takes, got " + asked + "; give fewer, or leave it out");
        }
    }

    static void requireReader(String command, Model model) {
        if (model.network() instanceof Network.Viewer) {
            throw new IllegalArgumentException(
                    command + ": " + model.sizes().modelType() + " looks at pictures and reads no texts");
        }
    }

    private static IllegalArgumentException makesNone(String command, String text) {
        return new IllegalArgumentException(
                command + ": the text must make at least one token, got " + Visible.quote(text) + ", which makes none");
    }

    /** A text of nothing but unknown words is refused. */
    private static void requireKnown(String command, Model model, Tokens tokens) {
        OptionalInt unknown = model.tokenizer().id(SpecialToken.UNK);
        boolean nothing = unknown.isPresent()
                && tokens.all().stream()
                        .filter(token -> !token.special())
                        .allMatch(token -> token.id() == unknown.getAsInt());
        if (nothing) {
            throw new IllegalArgumentException(
                    command + ": the model's vocabulary has nothing of " + Visible.quote(tokens.text())
                            + "; give words that it knows" + example(model) + ", or another --model");
        }
    }

    /** Nobody has seen the vocabulary of a bundled model. */
    private static String example(Model model) {
        String name = name(model);
        return switch (Model.bundled().contains(name) ? name : "") {
            case "" -> "";
            case "story" -> ", such as \"Once upon a time, Mia saw a dog.\"";
            default -> ", such as \"The animal didn't cross the street because it was too tired.\"";
        };
    }

    /** What the vocabulary lacks is told: the model reads something else than what was typed. */
    static void warn(Model model, String text, Terminal terminal) {
        if (!(model.network() instanceof Network.Viewer) && !text.isEmpty()) {
            lacking(model, model.tokenizer().encode(text), terminal);
        }
    }

    /** The same of tokens, and what the model says of them. */
    static void warn(Model model, Tokens tokens, Terminal terminal) {
        lacking(model, tokens, terminal);
        model.warnings(tokens).forEach(terminal::warn);
    }

    private static void lacking(Model model, Tokens tokens, Terminal terminal) {
        List<String> lacking = model.tokenizer().lacking(tokens);
        if (!lacking.isEmpty()) {
            String some = String.join(
                    ", ", lacking.stream().limit(4).map(Visible::quote).toList());
            String more = lacking.size() > 4 ? " and " + (lacking.size() - 4) + " more" : "";
            terminal.warn("the model's vocabulary lacks " + some + more);
        }
    }
}
