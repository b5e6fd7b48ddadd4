package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The formula written down in plain Java: three loops over float arrays, one thread, {@link Math#exp}. */
final class PlainRival implements Rival {
    /** About a second a run; beyond that, fifteen rounds take longer than all other rivals together. */
    private static final long MOST_PRODUCTS = 1L << 31;

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public String version() {
        return "plain Java loops";
    }

    @Override
    public Optional<String> refuses(AttentionCase question) {
        if (question.work() == AttentionCase.Work.STATISTICS) {
            return Optional.of("has no statistics");
        }
        if (question.work() == AttentionCase.Work.BACKWARD) {
            return Optional.of("forward only");
        }
        return 2 * question.visiblePairs() * question.width() > MOST_PRODUCTS
                ? Optional.of("takes seconds a run")
                : Optional.empty();
    }

    @Override
    public boolean threaded() {
        return false;
    }

    @Override
    public Contestant prepare(AttentionCase question, AttentionCase.Inputs inputs, int threads) {
        return new Loops(question, inputs);
    }

    private static final class Loops implements Contestant {
        private final AttentionCase question;
        private final int width;
        private final float[] query;
        private final float[] key;
        private final float[] value;
        private final float[] output;
        private final float[] weights; // [M], of one query

        Loops(AttentionCase question, AttentionCase.Inputs inputs) {
            this.question = question;
            this.width = question.width();
            this.query = inputs.query().array();
            this.key = inputs.key().array();
            this.value = inputs.value().array();
            this.output = new float[query.length];
            this.weights = new float[question.keys()];
        }

        @Override
        public void run() {
            for (int h = 0; h < question.heads(); h++) {
                for (int i = 0; i < question.queries(); i++) {
                    int row = (h * question.queries() + i) * width;
                    int keys = h / question.group() * question.keys() * width;
                    attend(row, keys, question.causal() ? i + 1 : question.keys());
                }
            }
        }

        private void attend(int row, int keys, int visible) {
            float most = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < visible; j++) {
                weights[j] = score(row, keys + j * width);
                most = Math.max(most, weights[j]);
            }
            float sum = 0;
            for (int j = 0; j < visible; j++) {
                weights[j] = (float) Math.exp(weights[j] - most);
                sum += weights[j];
            }
            Arrays.fill(output, row, row + width, 0);
            for (int j = 0; j < visible; j++) {
                float weight = weights[j] / sum;
                for (int d = 0; d < width; d++) {
                    output[row + d] += weight * value[keys + j * width + d];
                }
            }
        }

        private float score(int q, int k) {
            float dot = 0;
            for (int d = 0; d < width; d++) {
                dot += query[q + d] * key[k + d];
            }
            return dot * (float) question.scale();
        }

        @Override
        public List<Tensor> outputs() {
            return List.of(Tensor.of(output.clone(), 1, question.heads(), question.queries(), width));
        }
    }
}
