package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Pass;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What a model learns: data with its tokenizer, and what is to be predicted of it. Here data and network meet; {@link Trainer}
 * knows neither.
 *
 * <pre>{@code
 * Task task = Recipe.named("cloze").task(null);
 * int vocabulary = task.vocabulary();
 * }</pre>
 */
public interface Task {
    /** Which part of the data. */
    enum Split {
        TRAIN,
        VALIDATION
    }

    /**
     * tokenizer.json, in the format of Hugging Face tokenizers: from a text to the ids that the network reads; empty where nothing
     * is text.
     */
    String tokenizerJson();

    /** How many ids the network chooses from. */
    int vocabulary();

    /** SHA-256 of the data. */
    String sha256();

    /** What that is of, exactly: it does not tell where one text ends and the next begins. */
    default String hashed() {
        return "the texts in UTF-8, one after another with nothing between them";
    }

    /** Tokens of a part. */
    long size(Split split);

    /**
     * Something to try a model with while it learns: the beginning of a text to be continued, one with a mask, to be answered or to
     * be classified, or a picture's path.
     */
    String prompt();

    /** The text in which the answer stands, if the prompt is a question to one. */
    default Optional<String> about() {
        return Optional.empty();
    }

    /** Refuses, in one sentence, a network that cannot learn this or a recipe that does not fit. */
    void check(Network network, Recipe recipe);

    /** The batch of pass {@code number} of training, counted from 0: a function of the recipe's seed and the number alone. */
    Batch batch(Recipe recipe, long number);

    /**
     * What a part is judged by: the whole validation part, of the training part about as much; always the same.
     *
     * @param context tokens of a sequence of running text
     */
    Stream<Batch> evaluation(int context, Split split);

    /** Some sequences and what is to be predicted of them. */
    interface Batch {
        /** Tokens that go through the network. */
        int tokens();

        /** Predictions that the loss is the mean of; at least one. */
        int labels();

        /** The mean loss of the labels, in nats. */
        Value loss(Network network, Passes passes);

        /** Judges a network that does not learn from it. */
        default Judgement judged(Network network) {
            return new Judgement(loss(network, Pass::of).tensor().get(0), OptionalLong.empty());
        }
    }

    /**
     * What a network makes of a batch.
     *
     * @param loss the mean loss of the labels, in nats
     * @param right how many labels are the likeliest class, where labels are classes
     */
    record Judgement(double loss, OptionalLong right) {}

    /** Makes a batch's passes: that of an encoder before that of the decoder beside it. */
    @FunctionalInterface
    interface Passes {
        Pass of(int... lengths);
    }
}
