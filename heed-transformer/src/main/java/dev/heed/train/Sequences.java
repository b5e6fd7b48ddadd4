package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Pass;
import java.util.Arrays;
import java.util.List;

/**
 * A batch for a network with one stack: sequences one after another, without padding.
 *
 * @param lengths of the sequences
 * @param ids of all of them
 * @param expected what is to be predicted at each token; negative for nothing
 */
record Sequences(int[] lengths, int[] ids, int[] expected) implements Task.Batch {
    /** One sequence of a batch. */
    record Sequence(int[] ids, int[] expected) {}

    static Sequences of(List<Sequence> all) {
        return new Sequences(
                all.stream().mapToInt(each -> each.ids().length).toArray(),
                all.stream().flatMapToInt(each -> Arrays.stream(each.ids())).toArray(),
                all.stream()
                        .flatMapToInt(each -> Arrays.stream(each.expected()))
                        .toArray());
    }

    @Override
    public int tokens() {
        return ids.length;
    }

    @Override
    public int labels() {
        return (int) Arrays.stream(expected).filter(label -> label >= 0).count();
    }

    @Override
    public Value loss(Network network, Task.Passes passes) {
        Pass pass = passes.of(lengths);
        return switch (network) {
            case Network.Decoder decoder -> decoder.loss(pass, decoder.hidden(pass, ids), expected);
            case Network.Encoder encoder ->
                encoder.loss(pass, encoder.hidden(pass, ids, new int[ids.length]), expected)
                        .orElseThrow();
            case Network.EncoderDecoder pair -> throw wrong(pair);
            case Network.Viewer viewer -> throw wrong(viewer);
        };
    }

    private static IllegalStateException wrong(Network network) {
        return new IllegalStateException(network.sizes().modelType() + " should have been refused before");
    }

    /** Refuses sequences longer than the network has positions. */
    static void requirePositions(Network network, int longest) {
        if (longest > network.sizes().context()) {
            throw new IllegalArgumentException("train: sequences of " + longest
                    + " tokens need as many positions, the config has "
                    + network.sizes().context() + "; give the model more, or make the context smaller");
        }
    }

    static void requireDecoder(Network network) {
        if (!(network instanceof Network.Decoder)) {
            throw new IllegalArgumentException(
                    "train: to predict the next token a decoder is needed, such as gpt2 or llama, got "
                            + network.sizes().modelType());
        }
    }
}
