package dev.heed.train;

import dev.heed.model.ClassScore;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Head;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.NewHead;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.text.IoFailure;
import dev.heed.text.Json;
import dev.heed.text.SpecialToken;
import dev.heed.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Further training of a model that a folder holds, on data of the user's: the folder's tokenizer and config are kept, its weights
 * go on learning. A decoder learns the next token, an encoder masked words, an encoder–decoder to write one text from another;
 * each of them, and a model that looks at pictures, what {@link Head} names, where the data have labels: classes of texts,
 * pictures or words, and places of answers. Then its head that says them goes on learning, or one is made that has the classes
 * of the data.
 *
 * <pre>{@code
 * Trainer trainer = FineTuning.of(Path.of("models/tiny")).trainer(Path.of("letters.jsonl"));
 * }</pre>
 *
 * @param from a Hugging Face folder
 * @param steps how many
 * @param batch sequences of a step
 * @param context tokens of a sequence; longer texts are cut, pairs must fit whole
 * @param rate the highest learning rate, after a warm-up; it falls to a tenth
 * @param dropout probability
 * @param smoothing the share of each label that all labels share evenly
 * @param seed of order, masks and dropout
 */
public record FineTuning(
        Path from, int steps, int batch, int context, double rate, double dropout, double smoothing, long seed) {
    private static final String NAME = "fine-tuning";
    private static final int WARM_UP = 100;
    private static final int EVALUATIONS = 4;

    /** Files of a folder that belong to its model and its tokenizer, besides the weights. */
    private static final Pattern COMPANION = Pattern.compile(".*\\.(json|txt|model|spm|jinja)");

    private static final Pattern OWN =
            Pattern.compile("config\\.json|tokenizer\\.json|run\\.json|.*\\.index\\.json|metrics\\..*");

    public FineTuning {
        Settings.require(steps >= 0, "train: steps must not be negative", steps);
        Settings.require(batch >= 1, "train: batch must be at least 1", batch);
        Settings.require(context >= 1, "train: context must be at least 1", context);
        Settings.require(rate > 0 && rate <= 1, "train: rate must be above 0 and at most 1", rate);
        Settings.require(dropout >= 0 && dropout < 1, "train: dropout must be from 0 to below 1", dropout);
        Settings.require(smoothing >= 0 && smoothing < 1, "train: smoothing must be from 0 to below 1", smoothing);
    }

    /** The usual: 1,000 steps of 8 sequences of at most 128 tokens, rate 5e-5. */
    public static FineTuning of(Path from) {
        return new FineTuning(from, 1000, 8, 128, 5e-5, 0, 0, 1);
    }

    /** Config and weights as they were, in float32, and what else the folder holds. */
    record Start(
            Optional<FineTuning> tuning,
            String config,
            Network network,
            Parameters parameters,
            List<Path> companions) {}

    /**
     * A trainer before its first step.
     *
     * @param data a file or a folder, see {@code heed train --help}
     */
    public Trainer trainer(Path data) {
        Given given = Given.read(data);
        Start start = given instanceof Given.Labelled labelled ? start(labelled) : start(configInFloat32());
        Recipe recipe = recipe(start.config(), start.network());
        if (start.network() instanceof Network.Viewer viewer) {
            return Trainer.further(recipe, looking(viewer, given, data, start), start);
        }
        Learned learned = new Learned(given, data.toString(), recipe.context());
        try (Tokenizer reader = Tokenizer.load(from);
                Tokenizer writer = Tokenizer.loadWritten(from).orElse(reader)) {
            Task task = given instanceof Given.Labelled labelled
                    ? classes(start, learned, labelled, reader)
                    : task(start.network(), learned, reader, writer);
            return Trainer.further(recipe, task, start);
        }
    }

    /** What a run's record says of it, if it was a fine-tuning. */
    static Optional<FineTuning> read(JsonNode run) {
        JsonNode tuning = run.path(NAME);
        return tuning.isObject()
                ? Optional.of(new FineTuning(
                        Path.of(tuning.path("from").asString("")),
                        run.path("steps").asInt(0),
                        tuning.path("batch").asInt(0),
                        tuning.path("context").asInt(0),
                        tuning.path("rate").asDouble(0),
                        tuning.path("dropout").asDouble(0),
                        tuning.path("smoothing").asDouble(0),
                        run.path("seed").asLong(0)))
                : Optional.empty();
    }

    /** Adds itself to a run's record. */
    void write(ObjectNode run) {
        run.putObject(NAME)
                .put("from", from.toAbsolutePath().toString())
                .put("batch", batch)
                .put("context", context)
                .put("rate", rate)
                .put("dropout", dropout)
                .put("smoothing", smoothing);
    }

    private Start start(ObjectNode tree) {
        Config config = parsed(tree);
        try (Checkpoint checkpoint = Checkpoint.open(from)) {
            Parameters parameters =
                    Parameters.learning(checkpoint, Architectures.of(config).base());
            Network network = Architectures.build(config, checkpoint, parameters);
            return start(Json.write(tree), network, parameters);
        }
    }

    private Config parsed(ObjectNode config) {
        return Config.parse(from.resolve("config.json").toString(), Json.write(config));
    }

    /** With the model's own head if it has one that says such labels, else with a new one. */
    private Start start(Given.Labelled labelled) {
        ObjectNode was = configInFloat32();
        Start asItIs = start(was);
        ObjectNode config = padded(was, asItIs.network());
        if (has(asItIs, labelled.head())) {
            return config.equals(was) ? asItIs : start(config);
        }
        List<String> names = labelled.classes();
        Config before = parsed(was);
        double deviation = deviation(before, asItIs.network().sizes().width());
        NewHead head = NewHead.of(before, labelled.head(), names.size(), new Initialization(seed, deviation, 1));
        classify(config, head, labelled.head(), names);
        try (Checkpoint checkpoint = Checkpoint.open(from)) {
            Parameters parameters =
                    Parameters.learning(checkpoint, Architectures.of(before).base(), head);
            Network network = Architectures.fresh(parsed(config), parameters);
            return start(Json.write(config), network, parameters);
        }
    }

    /** Classes of tokens and places of answers look alike but for the name of the layer. */
    private static boolean has(Start start, Head head) {
        boolean answers = start.parameters().known().containsKey(NewHead.ANSWERS + ".weight");
        return Seen.classes(start.network(), head) > 0 && (head == Head.WHOLE || answers == (head == Head.PLACES));
    }

    private Start start(String config, Network network, Parameters parameters) {
        return new Start(Optional.of(this), config, network, parameters, companions());
    }

    /** T5 has a factor instead, of what leaves a row of its width as long as it is. */
    private static double deviation(Config config, int width) {
        double usual = config.has("initializer_factor")
                ? config.doubleOr("initializer_factor", 1, 0, 1e6) / Math.sqrt(width)
                : 0.02;
        return config.doubleOr("initializer_range", config.doubleOr("init_std", usual, 0, 1), 0, 1);
    }

    /**
     * A copy that says which token fills the short texts of a batch: transformers reads several texts by a decoder with a head
     * only where config.json does. Where a tokenizer has none for it, the end of texts is usual.
     */
    private ObjectNode padded(ObjectNode was, Network network) {
        ObjectNode config = was.deepCopy();
        if (network instanceof Network.Decoder && !config.path("pad_token_id").isNumber()) {
            try (Tokenizer tokenizer = Tokenizer.load(from)) {
                int end = tokenizer.id(SpecialToken.EOS).orElse(-1);
                int id = tokenizer.id(SpecialToken.PAD).orElse(end);
                if (id >= 0 && id < network.sizes().vocabulary()) {
                    config.put("pad_token_id", id);
                }
            }
        }
        return config;
    }

    /** Names another head and its classes, as transformers writes it. */
    private static void classify(ObjectNode config, NewHead made, Head head, List<String> names) {
        config.putArray("architectures").add(made.architecture());
        config.remove("num_labels");
        if (head == Head.WHOLE) {
            config.put("problem_type", "single_label_classification");
        } else {
            config.remove("problem_type");
        }
        ObjectNode label2id = config.putObject("label2id");
        ObjectNode id2label = config.putObject("id2label");
        for (int i = 0; i < names.size(); i++) {
            id2label.put(Integer.toString(i), names.get(i));
            label2id.put(names.get(i), i);
        }
    }

    /** The classes that a model's config names, as {@code heed classify} calls them. */
    private static List<String> names(Start start, Head head) {
        Config config = Config.parse("config.json", start.config());
        if (head == Head.WHOLE) {
            config.oneOfOr("problem_type", "single_label_classification", "single_label_classification");
        }
        return IntStream.range(0, Seen.classes(start.network(), head))
                .mapToObj(i -> ClassScore.label(config, i))
                .toList();
    }

    private static Task classes(Start start, Learned learned, Given.Labelled labelled, Tokenizer tokenizer) {
        if (labelled instanceof Given.ClassedPictures) {
            throw new IllegalArgumentException(learned.name() + ": a model that reads texts cannot learn from pictures;"
                    + " give texts with their classes: a .jsonl file with 'text' and 'label'");
        }
        return learned.classes(labelled, names(start, labelled.head()), tokenizer);
    }

    private Task looking(Network.Viewer viewer, Given given, Path data, Start start) {
        if (given instanceof Given.ClassedPictures pictures) {
            return Learned.classes(pictures, names(start, pictures.head()), from, viewer.cut());
        }
        throw new IllegalArgumentException(data + ": a model that looks at pictures learns their classes: give a folder"
                + " with a folder of pictures (.png, .jpg) for each class");
    }

    private ObjectNode configInFloat32() {
        ObjectNode tree = (ObjectNode) Json.read(from.resolve("config.json"), 1 << 20);
        for (String key : List.of("dtype", "torch_dtype")) {
            if (tree.has(key)) {
                tree.put(key, "float32");
            }
        }
        return tree;
    }

    private List<Path> companions() {
        try (Stream<Path> files = Files.list(from)) {
            return files.filter(Files::isRegularFile)
                    .filter(file ->
                            COMPANION.matcher(file.getFileName().toString()).matches())
                    .filter(file -> !OWN.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw IoFailure.cannot(from, "read", e);
        }
    }

    private Recipe recipe(String config, Network network) {
        int fitting = Math.min(context, network.sizes().context());
        int warmUp = Math.min(WARM_UP, steps / 10);
        return new Recipe(
                NAME,
                Lesson.OF_THE_MODEL,
                new Tokenization.OfTheModel(),
                config,
                true,
                0.02,
                fitting,
                batch,
                1,
                steps,
                new Optimizer.AdamWSettings(0.9, 0.999, 1e-8, 0.01),
                new Schedule.WarmUpCosine(rate, rate / 10, warmUp, steps),
                1,
                dropout,
                smoothing,
                Math.max(1, steps / EVALUATIONS),
                Integer.MAX_VALUE,
                seed);
    }

    /**
     * What such a network learns from such data.
     *
     * @param writer the tokenizer of what an encoder–decoder writes, mostly that of what it reads
     */
    static Task task(Network network, Learned learned, Tokenizer tokenizer, Tokenizer writer) {
        return switch (network) {
            case Network.Decoder decoder ->
                learned.given() instanceof Given.Running running
                        ? Corpus.tokens(learned.name(), running.text(), tokenizer)
                        : learned.next(texts -> tokenizer.json());
            case Network.Encoder encoder -> learned.masked(texts -> tokenizer.json());
            case Network.EncoderDecoder pair ->
                learned.written(texts -> new Pairs.Sides(tokenizer.json(), writer.json()));
            case Network.Viewer viewer ->
                throw new IllegalArgumentException(
                        learned.name() + ": a model that looks at pictures foretells no text; take a model of text");
        };
    }
}
