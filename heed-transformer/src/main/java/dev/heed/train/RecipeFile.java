package dev.heed.train;

import dev.heed.model.arch.Architectures;
import dev.heed.model.checkpoint.Config;
import dev.heed.text.Json;
import dev.heed.text.Visible;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A recipe as people write it, in YAML or JSON.
 *
 * <pre>
 *   name: letters
 *   learns: text            # masked-text, pairs: from --data; sentences, translation, stories: generated
 *   tokenizer: bpe          # characters, words
 *   vocabulary: 2000        # of bpe
 *   model:                  # config.json; the data tells vocab_size, dropout is below
 *     model_type: gpt2
 *     …
 *   context: 128
 *   batch: 16
 *   steps: 2000
 *   rate: {peak: 1e-3, floor: 1e-4, warm_up: 100}
 * </pre>
 *
 * What is left out: biases true, deviation 0.02, accumulation 1, AdamW with β 0.9 and 0.99 and decay 0.1, no clipping, no dropout,
 * no smoothing, an evaluation each 250 steps, no early stop, seed 1.
 */
final class RecipeFile {
    private static final int MANY = Integer.MAX_VALUE;
    private static final int MOST_VOCABULARY = 1 << 20;
    /** Bounds of what may be meant: a gradient's length is near 1. */
    private static final double SHORTEST_CLIP = 1e-6;

    private static final double LONGEST_CLIP = 1e6;
    /** An average over a million steps; at 1 nothing new would count, and AdamW divides by 1 − β. */
    private static final double MOST_BETA = 0.999999;
    /** Not 0, also in float32: where a gradient is 0, AdamW divides by it alone. */
    private static final double LEAST_EPSILON = 1e-30;

    /** What a run's folder may be called, on any system. */
    private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}\\s./\\\\:][^\\p{Cntrl}/\\\\:]*");

    /** The deviation of new matrices, as configs call it. */
    private static final List<String> DEVIATIONS = List.of("initializer_range", "init_std");

    private static final String[] LESSONS = Stream.of(Lesson.values())
            .filter(lesson -> lesson != Lesson.OF_THE_MODEL)
            .map(Lesson::word)
            .toArray(String[]::new);

    private static final String[] KEYS = {
        "name",
        "learns",
        "tokenizer",
        "vocabulary",
        "model",
        "biases",
        "deviation",
        "context",
        "batch",
        "accumulation",
        "steps",
        "optimizer",
        "rate",
        "clip",
        "dropout",
        "smoothing",
        "evaluate_every",
        "patience",
        "seed"
    };

    private static final String[] ADAMW = {"kind", "beta1", "beta2", "epsilon", "decay"};
    private static final String[] SGD = {"kind", "momentum", "decay"};

    private RecipeFile() {}

    // ---- reading ----

    static Recipe recipe(String who, JsonNode tree) {
        if (!tree.isObject()) {
            throw new IllegalArgumentException(who + ": a recipe must be keys with values, such as 'steps: 1000', got "
                    + Visible.quote(tree.toString()));
        }
        Config keys = Config.parse(who, Json.write(tree));
        keys.refuseAllBut(KEYS);
        Lesson lesson = lesson(keys.requireOneOf("learns", LESSONS));
        int steps = keys.requireInt("steps", 0, MANY);
        return new Recipe(
                name(keys),
                lesson,
                tokens(keys, lesson),
                model(keys),
                keys.booleanOr("biases", true),
                deviation(keys),
                keys.requireInt("context", 1, MANY),
                keys.requireInt("batch", 1, MANY),
                keys.intOr("accumulation", 1, 1, MANY),
                steps,
                optimizer(keys),
                schedule(keys, steps),
                keys.doubleOr("clip", Double.POSITIVE_INFINITY, SHORTEST_CLIP, LONGEST_CLIP),
                keys.doubleOr("dropout", 0, 0, 0.999),
                keys.doubleOr("smoothing", 0, 0, 0.999),
                keys.intOr("evaluate_every", 250, 1, MANY),
                keys.intOr("patience", Integer.MAX_VALUE, 1, MANY),
                seed(keys));
    }

    private static String name(Config keys) {
        String name = keys.requireString("name");
        if (!NAME.matcher(name).matches()) {
            throw keys.error(
                    "name",
                    "must be a folder's name, without / \\ : and not beginning with a dot or a space, got "
                            + Visible.quote(name));
        }
        return name;
    }

    private static Lesson lesson(String word) {
        return Arrays.stream(Lesson.values())
                .filter(lesson -> lesson.word().equals(word))
                .findFirst()
                .orElseThrow();
    }

    private static Tokenization tokens(Config keys, Lesson lesson) {
        String usual = lesson == Lesson.TEXT ? "characters" : "words";
        String word = keys.oneOfOr("tokenizer", usual, "characters", "words", "bpe");
        if (word.equals("bpe")) {
            return new Tokenization.BytePairs(keys.requireInt("vocabulary", 1, MOST_VOCABULARY));
        }
        if (keys.has("vocabulary")) {
            throw keys.error(
                    "vocabulary", "is for 'tokenizer: bpe'; characters and words are as many as the texts have");
        }
        return word.equals("words") ? new Tokenization.Words() : new Tokenization.Characters();
    }

    private static String model(Config keys) {
        JsonNode model = keys.raw("model").orElse(JsonNodeFactory.instance.nullNode());
        if (!model.isObject() || !model.has("model_type")) {
            throw keys.error("model", "must be the model's config.json, with 'model_type' and its sizes");
        }
        Config config = keys.within("model").orElseThrow();
        requireClasses(config);
        refuseDropout(config, model);
        return Json.write(model);
    }

    /** Other programs build the class that is named, whatever the type is. */
    private static void requireClasses(Config model) {
        Architectures.Architecture architecture = Architectures.of(model);
        for (String name : model.strings("architectures")) {
            if (!architecture.classes().contains(name)) {
                throw model.error(
                        "architectures",
                        "must be of model_type " + architecture.modelType() + ", one of "
                                + String.join(", ", architecture.classes()) + ", got " + Visible.quote(name));
            }
        }
    }

    /** Configs tell the dropout of each place; we have one for all, which the recipe tells. */
    private static void refuseDropout(Config model, JsonNode tree) {
        tree.properties().forEach(each -> {
            if (each.getKey().contains("drop") && each.getValue().asDouble(0) != 0) {
                throw model.error(
                        each.getKey(),
                        "has no effect, so it must be 0 or left out; the recipe's own 'dropout' says what is dropped, got "
                                + Visible.quote(each.getValue().toString()));
            }
        });
    }

    /** The recipe's own, or what the model's config says: they must not contradict each other. */
    private static double deviation(Config keys) {
        Config model = keys.within("model").orElseThrow();
        double deviation = keys.has("deviation") ? keys.requireDouble("deviation", 0, 10) : 0.02;
        for (String key : DEVIATIONS) {
            double said = model.doubleOr(key, deviation, 0, 10);
            if (keys.has("deviation") && said != deviation) {
                throw model.error(
                        key, "must be the recipe's own 'deviation', " + deviation + ", or left out, got " + said);
            }
            deviation = said;
        }
        return deviation;
    }

    private static Optimizer.Settings optimizer(Config keys) {
        Optional<Config> given = keys.within("optimizer");
        if (given.isEmpty()) {
            return new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1);
        }
        Config inner = given.get();
        boolean adamW = inner.requireOneOf("kind", "adamw", "sgd").equals("adamw");
        inner.refuseAllBut(adamW ? ADAMW : SGD);
        return adamW
                ? new Optimizer.AdamWSettings(
                        inner.doubleOr("beta1", 0.9, 0, MOST_BETA),
                        inner.doubleOr("beta2", 0.99, 0, MOST_BETA),
                        inner.doubleOr("epsilon", 1e-8, LEAST_EPSILON, 1),
                        inner.doubleOr("decay", 0.1, 0, 1))
                : new Optimizer.SgdSettings(inner.doubleOr("momentum", 0.9, 0, 1), inner.doubleOr("decay", 0, 0, 1));
    }

    /** A number, or a cosine that ends with the steps unless it says where. */
    private static Schedule schedule(Config keys, int steps) {
        if (keys.raw("rate").filter(JsonNode::isNumber).isPresent()) {
            return new Schedule.Constant(keys.requireDouble("rate", 0, 100));
        }
        Config inner = keys.within("rate")
                .orElseThrow(() -> keys.error("rate", "must be a number, or peak, floor and warm_up, but is missing"));
        inner.refuseAllBut("peak", "floor", "warm_up", "end");
        return new Schedule.WarmUpCosine(
                inner.requireDouble("peak", 0, 100),
                inner.requireDouble("floor", 0, 100),
                inner.intOr("warm_up", 0, 0, MANY),
                inner.intOr("end", steps, 0, MANY));
    }

    private static long seed(Config keys) {
        Optional<JsonNode> seed = keys.raw("seed");
        if (seed.isPresent() && !(seed.get().isIntegralNumber() && seed.get().canConvertToLong())) {
            throw keys.error(
                    "seed",
                    "must be an integer, got " + Visible.quote(seed.get().toString()));
        }
        return seed.map(JsonNode::asLong).orElse(1L);
    }

    // ---- writing ----

    static ObjectNode tree(Recipe recipe) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.put("name", recipe.name()).put("learns", recipe.lesson().word());
        switch (recipe.tokens()) {
            case Tokenization.Characters characters -> tree.put("tokenizer", characters.word());
            case Tokenization.Words words -> tree.put("tokenizer", words.word());
            case Tokenization.BytePairs pairs ->
                tree.put("tokenizer", pairs.word()).put("vocabulary", pairs.vocabulary());
            case Tokenization.OfTheModel of -> {} // the model's folder has it
        }
        tree.set("model", Json.parse("config of recipe " + recipe.name(), recipe.config()));
        tree.put("biases", recipe.biases()).put("deviation", recipe.deviation());
        tree.put("context", recipe.context())
                .put("batch", recipe.batch())
                .put("accumulation", recipe.accumulation())
                .put("steps", recipe.steps());
        put(tree.putObject("optimizer"), recipe.optimizer());
        put(tree, recipe.schedule(), recipe.steps());
        if (Double.isFinite(recipe.clip())) {
            tree.put("clip", recipe.clip());
        }
        tree.put("dropout", recipe.dropout()).put("smoothing", recipe.smoothing());
        tree.put("evaluate_every", recipe.evaluateEvery());
        if (recipe.patience() != Integer.MAX_VALUE) {
            tree.put("patience", recipe.patience());
        }
        return tree.put("seed", recipe.seed());
    }

    /** What a recipe says otherwise than another, as it was written: "'batch' was 2, is 3". */
    static List<String> changes(JsonNode was, Recipe recipe) {
        List<String> changes = new ArrayList<>();
        compare("", was, Json.parse("recipe " + recipe.name(), Json.write(tree(recipe))), changes);
        return changes;
    }

    private static void compare(String key, JsonNode was, JsonNode is, List<String> changes) {
        if (was.isObject() && is.isObject()) {
            Set<String> keys = new LinkedHashSet<>(was.propertyNames());
            keys.addAll(is.propertyNames());
            String within = key.isEmpty() ? "" : key + ".";
            keys.forEach(each -> compare(within + each, was.path(each), is.path(each), changes));
        } else if (!was.equals(is)) {
            changes.add("'" + key + "' was " + shown(was) + ", is " + shown(is));
        }
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "not set" : Visible.escape(Json.write(value));
    }

    private static void put(ObjectNode tree, Optimizer.Settings optimizer) {
        switch (optimizer) {
            case Optimizer.AdamWSettings adam ->
                tree.put("kind", "adamw")
                        .put("beta1", adam.beta1())
                        .put("beta2", adam.beta2())
                        .put("epsilon", adam.epsilon())
                        .put("decay", adam.decay());
            case Optimizer.SgdSettings sgd ->
                tree.put("kind", "sgd").put("momentum", sgd.momentum()).put("decay", sgd.decay());
        }
    }

    private static void put(ObjectNode tree, Schedule schedule, int steps) {
        switch (schedule) {
            case Schedule.Constant constant -> tree.put("rate", constant.value());
            case Schedule.WarmUpCosine cosine -> {
                ObjectNode rate = tree.putObject("rate");
                rate.put("peak", cosine.peak()).put("floor", cosine.floor()).put("warm_up", cosine.warmUp());
                if (cosine.end() != steps) {
                    rate.put("end", cosine.end());
                }
            }
        }
    }
}
