package dev.heed.train;

import dev.heed.text.Json;
import dev.heed.text.Spelling;
import dev.heed.text.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a training run depends on besides its data: the same recipe and data give the same bytes. The named ones are
 * resources, of the form that users write, too: {@link RecipeFile}.
 *
 * <pre>{@code
 * Recipe recipe = Recipe.named("cloze").withSteps(100).withSeed(2);
 * System.out.println(recipe.yaml());
 * }</pre>
 *
 * @param name what people call it
 * @param lesson what it teaches
 * @param tokens what new texts are cut into
 * @param config config.json of the model, compact and without {@code vocab_size}, which the data tells
 * @param biases whether biases are learned; else they stay 0
 * @param deviation of new matrices
 * @param context tokens of a sequence of running text; longer texts of the user's are cut
 * @param batch sequences of a pass
 * @param accumulation passes of a step, whose gradients are averaged
 * @param steps how many
 * @param optimizer and its settings
 * @param schedule of the learning rate
 * @param clip the longest gradient; {@link Double#POSITIVE_INFINITY} for any
 * @param dropout probability
 * @param smoothing the share of each label that all labels share evenly while it learns
 * @param evaluateEvery steps from one evaluation, with its checkpoint, to the next
 * @param patience evaluations without a better loss before training stops early; {@link Integer#MAX_VALUE} for never
 * @param seed of everything that is drawn
 */
public record Recipe(
        String name,
        Lesson lesson,
        Tokenization tokens,
        String config,
        boolean biases,
        double deviation,
        int context,
        int batch,
        int accumulation,
        int steps,
        Optimizer.Settings optimizer,
        Schedule schedule,
        double clip,
        double dropout,
        double smoothing,
        int evaluateEvery,
        int patience,
        long seed) {
    private static final List<String> NAMES = List.of(
            "shakespeare-char",
            "shakespeare-char-large",
            "shakespeare-char-best",
            "cloze",
            "translator",
            "pronoun",
            "story");

    private static final long MOST_BYTES = 1 << 20;

    /** Tokens of a pass: more would overflow the sizes of what a layer computes long after memory has run out. */
    private static final int MOST_TOKENS = 1 << 24;

    public Recipe {
        if ((long) context * batch > MOST_TOKENS) {
            throw new IllegalArgumentException("train: a pass takes batch · context tokens, at most " + MOST_TOKENS
                    + ", got " + batch + " · " + context + "; give a smaller batch");
        }
        Settings.require(context >= 1, "train: context must be at least 1", context);
        Settings.require(batch >= 1, "train: batch must be at least 1", batch);
        Settings.require(accumulation >= 1, "train: accumulation must be at least 1", accumulation);
        Settings.require(steps >= 0, "train: steps must not be negative", steps);
        Settings.require(evaluateEvery >= 1, "train: evaluate_every must be at least 1", evaluateEvery);
        Settings.require(patience >= 1, "train: patience must be at least 1", patience);
        lesson.requireTokens(tokens);
        if (!(clip > 0)) {
            throw new IllegalArgumentException("train: the longest gradient must be positive, got " + clip);
        }
    }

    /** Names of those that Heed brings along. */
    public static List<String> names() {
        return NAMES;
    }

    /** One that Heed brings along. */
    public static Recipe named(String name) {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException("train: unknown recipe '" + name + "'" + Spelling.question(name, NAMES)
                    + "; known: " + String.join(", ", NAMES) + ", or a file that ends with .yaml, .yml or .json");
        }
        try (InputStream in = Recipe.class.getResourceAsStream("recipes/" + name + ".yaml")) {
            if (in == null) {
                throw new IOException("the resource is missing");
            }
            String file = "recipe " + name;
            return parse(file, Json.utf8(file, ByteBuffer.wrap(in.readAllBytes())));
        } catch (IOException e) {
            throw new UncheckedIOException("recipe " + name + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** True if this is the name of a file, not of a recipe. */
    public static boolean isFile(String name) {
        String small = name.toLowerCase(Locale.ROOT);
        return small.endsWith(".yaml") || small.endsWith(".yml") || small.endsWith(".json");
    }

    /** A file of the user's, JSON if its name says so, else YAML. */
    public static Recipe read(Path file) {
        boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
        String name = file.toString();
        String text = Given.readText(file, MOST_BYTES);
        return RecipeFile.recipe(name, json ? Json.parse(name, text) : Yaml.parse(name, text));
    }

    /** YAML text, or JSON, which is YAML; {@code who} begins every message. */
    public static Recipe parse(String who, String yaml) {
        return RecipeFile.recipe(who, Yaml.parse(who, yaml));
    }

    /** As a file of the user's, to be changed and read again. */
    public String yaml() {
        return Yaml.write(RecipeFile.tree(this));
    }

    /** The same as JSON. */
    public String json() {
        return Json.write(RecipeFile.tree(this));
    }

    /** The data, read or generated; {@code data} is given where the lesson needs it. */
    public Task task(@Nullable Path data) {
        return lesson.task(tokens, context, data);
    }

    /** The same with so many steps; the learning rate is at its floor when they end. */
    public Recipe withSteps(int count) {
        Schedule over = schedule instanceof Schedule.WarmUpCosine cosine
                ? new Schedule.WarmUpCosine(cosine.peak(), cosine.floor(), cosine.warmUp(), count)
                : schedule;
        return with(tokens, count, over, seed);
    }

    /** The same with another seed. */
    public Recipe withSeed(long other) {
        return with(tokens, steps, schedule, other);
    }

    /** The same with texts cut otherwise. */
    public Recipe withTokens(Tokenization other) {
        return with(other, steps, schedule, seed);
    }

    private Recipe with(Tokenization cut, int count, Schedule over, long drawn) {
        return new Recipe(
                name,
                lesson,
                cut,
                config,
                biases,
                deviation,
                context,
                batch,
                accumulation,
                count,
                optimizer,
                over,
                clip,
                dropout,
                smoothing,
                evaluateEvery,
                patience,
                drawn);
    }
}
