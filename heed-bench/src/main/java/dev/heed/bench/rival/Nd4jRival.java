package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * ND4J has no attention operator for this, so it composes one, as its users do: batched matrix product, softmax, batched
 * matrix product. Causal adds a matrix of −∞ above the diagonal. Heads that share keys become rows of one head.
 */
final class Nd4jRival implements Rival {
    /** The scores of all heads are held at once; beyond this the composition is not what anyone would run. */
    private static final long MOST_SCORES = 1L << 26;

    @Override
    public String name() {
        return "nd4j";
    }

    @Override
    public String version() {
        return "ND4J " + mavenVersion() + " (AVX2 build, " + Blas.name() + ")";
    }

    /** ND4J does not say its own version; its jar does. */
    private static String mavenVersion() {
        Properties properties = new Properties();
        try (InputStream in = Nd4j.class.getResourceAsStream("/META-INF/maven/org.nd4j/nd4j-api/pom.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "of unknown version");
    }

    @Override
    public Optional<String> refuses(AttentionCase question) {
        if (question.work() == AttentionCase.Work.STATISTICS) {
            return Optional.of("has no statistics");
        }
        if (question.work() == AttentionCase.Work.BACKWARD) {
            return Optional.of("forward only");
        }
        if (question.causal() && question.group() > 1) {
            return Optional.of("grouped heads with a causal mask are not composed");
        }
        return (long) question.heads() * question.queries() * question.keys() > MOST_SCORES
                ? Optional.of("holds all scores at once")
                : Optional.empty();
    }

    @Override
    public Contestant prepare(AttentionCase question, AttentionCase.Inputs inputs, int threads) {
        return new Composed(question, inputs, threads);
    }

    private static final class Composed implements Contestant {
        private final AttentionCase question;
        private final int threads;
        private final INDArray query; // [Hkv, G·N, D], scaled by 1/√D already
        private final INDArray keyTransposed; // [Hkv, D, M]
        private final INDArray value; // [Hkv, M, D]
        private final INDArray hidden; // [1, N, M]: 0 or −∞
        private final INDArray scores;
        private final INDArray weights;
        private final INDArray output;

        Composed(AttentionCase question, AttentionCase.Inputs inputs, int threads) {
            this.question = question;
            this.threads = threads;
            long heads = question.keyHeads();
            long rows = (long) question.group() * question.queries();
            query = array(inputs.query(), heads, rows, question.width()).muli(question.scale());
            keyTransposed = array(inputs.key().transpose(2, 3).contiguous(), heads, question.width(), question.keys());
            value = array(inputs.value(), heads, question.keys(), question.width());
            hidden = array(hidden(question), 1, question.queries(), question.keys());
            scores = Nd4j.create(heads, rows, question.keys());
            weights = Nd4j.create(heads, rows, question.keys());
            output = Nd4j.create(heads, rows, question.width());
        }

        private static Tensor hidden(AttentionCase question) {
            Tensor hidden = Tensor.zeros(question.queries(), question.keys());
            for (int i = 0; question.causal() && i < question.queries(); i++) {
                for (int j = i + 1; j < question.keys(); j++) {
                    hidden.set(Float.NEGATIVE_INFINITY, i, j);
                }
            }
            return hidden;
        }

        private static INDArray array(Tensor tensor, long... shape) {
            return Nd4j.create(tensor.toArray(), shape, 'c');
        }

        @Override
        public void begin() {
            NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
            Blas.useThreads(threads);
        }

        @Override
        public void run() {
            Nd4j.exec(new Mmul(query, keyTransposed, scores, null));
            if (question.causal()) {
                scores.addi(hidden);
            }
            Nd4j.exec(new SoftMax(scores, weights, -1));
            Nd4j.exec(new Mmul(weights, value, output, null));
        }

        @Override
        public List<Tensor> outputs() {
            float[] values = output.dup('c').data().asFloat();
            return List.of(Tensor.of(values, 1, question.heads(), question.queries(), question.width()));
        }

        @Override
        public void close() {
            for (INDArray array : List.of(query, keyTransposed, value, hidden, scores, weights, output)) {
                array.close();
            }
        }
    }
}
