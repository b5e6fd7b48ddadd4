package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Memory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One text from another (Sutskever, Vinyals and Le 2014): the decoder is given the right text up to each token and predicts the
 * next ("teacher forcing").
 *
 * <pre>
 *   encoder   The dog is     black   .       &lt;/s&gt;
 *   decoder   &lt;pad&gt; Der  Hund  ist     schwarz .      what begins every text, then the text
 *   expected  Der   Hund ist   schwarz .       &lt;/s&gt;
 * </pre>
 */
final class Translation implements Task {
    /** Pairs of a pass of an evaluation. */
    private static final int TOGETHER = 64;

    private final Pairs pairs;
    private final String prompt;

    /** @param prompt a text to be answered while the model learns */
    Translation(Pairs pairs, String prompt) {
        this.pairs = pairs;
        this.prompt = prompt;
    }

    @Override
    public void check(Network network, Recipe recipe) {
        if (!(network instanceof Network.EncoderDecoder)) {
            throw new IllegalArgumentException(
                    "train: to write one text from another an encoder–decoder is needed, such as marian, bart or t5, got "
                            + network.sizes().modelType());
        }
        pairs.requireAtMost(network.sizes().context());
    }

    @Override
    public Batch batch(Recipe recipe, long number) {
        Draws places = Draws.of(recipe.seed(), "places");
        List<Pairs.Pair> train = pairs.of(Split.TRAIN);
        return new Both(IntStream.range(0, recipe.batch())
                .mapToObj(s -> train.get(places.below(number * recipe.batch() + s, train.size())))
                .toList());
    }

    @Override
    public Stream<Batch> evaluation(int context, Split split) {
        List<Pairs.Pair> judging = pairs.judging(split);
        return IntStream.iterate(0, from -> from < judging.size(), from -> from + TOGETHER)
                .mapToObj(from -> new Both(judging.subList(from, Math.min(from + TOGETHER, judging.size()))));
    }

    /** Pairs, one after another on either side, without padding. */
    private record Both(List<Pairs.Pair> pairs) implements Batch {
        @Override
        public int tokens() {
            return pairs.stream()
                    .mapToInt(pair -> pair.read().length + pair.written().length)
                    .sum();
        }

        @Override
        public int labels() {
            return expected().length;
        }

        private int[] expected() {
            return pairs.stream()
                    .flatMapToInt(pair -> Arrays.stream(pair.written()))
                    .toArray();
        }

        @Override
        public Value loss(Network network, Passes passes) {
            Network.EncoderDecoder model = (Network.EncoderDecoder) network;
            int[] read = pairs.stream()
                    .flatMapToInt(pair -> Arrays.stream(pair.read()))
                    .toArray();
            int[] given = pairs.stream()
                    .flatMapToInt(pair -> given(model.firstId(), pair.written()))
                    .toArray();
            Memory memory = model.encode(
                    passes.of(
                            pairs.stream().mapToInt(pair -> pair.read().length).toArray()),
                    read);
            var pass = passes.of(
                    pairs.stream().mapToInt(pair -> pair.written().length).toArray());
            return model.loss(pass, model.decode(pass, given, memory), expected());
        }

        /** What begins, and all but the last token. */
        private static IntStream given(int first, int[] written) {
            return IntStream.concat(IntStream.of(first), Arrays.stream(written, 0, written.length - 1));
        }
    }

    @Override
    public String tokenizerJson() {
        return pairs.tokenizerJson();
    }

    @Override
    public int vocabulary() {
        return pairs.vocabulary();
    }

    @Override
    public String sha256() {
        return pairs.sha256();
    }

    @Override
    public long size(Split split) {
        return pairs.size(split);
    }

    @Override
    public String prompt() {
        return prompt;
    }
}
