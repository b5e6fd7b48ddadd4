package dev.heed.bench.rival;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.train.Recipe;
import dev.heed.train.Task;
import java.util.Arrays;
import java.util.stream.Stream;

/** A case's tokens as something that Heed can learn. */
record RandomTokens(TrainCase question) implements Task {
    @Override
    public String tokenizerJson() {
        return "{}";
    }

    @Override
    public int vocabulary() {
        return TrainCase.VOCABULARY;
    }

    @Override
    public String sha256() {
        return "";
    }

    @Override
    public long size(Split split) {
        return question.tokens();
    }

    @Override
    public String prompt() {
        return "";
    }

    @Override
    public void check(Network network, Recipe recipe) {
        if (!(network instanceof Network.Decoder)) {
            throw new IllegalStateException("a GPT-2 is a decoder");
        }
    }

    @Override
    public Batch batch(Recipe recipe, long number) {
        int sequences = question.batch() / question.passes();
        int first = (int) (number % question.passes()) * sequences;
        int[] rows = question.ids(number / question.passes());
        int context = question.context();
        int[] ids = new int[sequences * context];
        int[] labels = new int[ids.length];
        for (int s = 0; s < sequences; s++) {
            int row = (first + s) * (context + 1);
            System.arraycopy(rows, row, ids, s * context, context);
            System.arraycopy(rows, row + 1, labels, s * context, context);
        }
        return new Tokens(context, ids, labels);
    }

    @Override
    public Stream<Batch> evaluation(int context, Split split) {
        return Stream.of(batch(question.recipe(), 0));
    }

    private record Tokens(int context, int[] ids, int[] expected) implements Batch {
        @Override
        public int tokens() {
            return ids.length;
        }

        @Override
        public int labels() {
            return ids.length;
        }

        @Override
        public Value loss(Network network, Passes passes) {
            int[] lengths = new int[ids.length / context];
            Arrays.fill(lengths, context);
            Network.Decoder decoder = (Network.Decoder) network;
            var pass = passes.of(lengths);
            return decoder.loss(pass, decoder.hidden(pass, ids), expected);
        }
    }
}
