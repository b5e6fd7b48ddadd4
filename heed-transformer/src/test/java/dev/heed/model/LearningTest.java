package dev.heed.model;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole models learn by the forward pass that answers. */
class LearningTest {
    private static final int[] IDS = {7, 300, 41, 41, 9, 250, 3, 77, 120};
    private static final int[] LABELS = {300, 41, 41, 9, 250, 3, -1, 120, 5};
    private static final float STEP = 5e-4f;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "mistral",
                "qwen2",
                "qwen3",
                "gpt2",
                "bert",
                "roberta",
                "distilbert",
                "t5",
                "marian",
                "bart"
            })
    void gradientsOfWholeModelsMeetCentralDifferences(String name) {
        Path folder = given(name);
        Config config = Config.read(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Parameters parameters =
                    Parameters.learning(checkpoint, Architectures.of(config).base());
            Network network = Architectures.build(config, checkpoint, parameters);
            Network frozen = Architectures.load(config, checkpoint);
            Tape tape = Tape.recording();
            Value loss = loss(network, tape);
            assertThat(loss.tensor().get(0))
                    .isEqualTo(loss(frozen, Tape.off()).tensor().get(0));
            tape.backward(loss);
            for (Map.Entry<String, Value> each : parameters.learned().entrySet()) {
                check(network, name + " " + each.getKey(), each.getValue());
            }
        }
    }

    /** Along the gradient itself, so that rounding of the loss weighs least: the slope is the gradient's length. */
    private static void check(Network network, String name, Value parameter) {
        float[] x = parameter.tensor().array();
        float[] d = parameter.gradient().toArray();
        double square = 0;
        for (float each : d) {
            assertThat(each).as(name).isFinite();
            square += (double) each * each;
        }
        double length = Math.sqrt(square);
        if (length < 0.05) { // the loss changes by less than its rounding
            return;
        }
        double step = STEP / Math.max(1, length); // steep losses bend within a longer one
        double more = along(network, x, d, step / length);
        double less = along(network, x, d, -step / length);
        assertThat((more - less) / (2 * step))
                .as(name)
                .isCloseTo(length, org.assertj.core.data.Percentage.withPercentage(2));
    }

    private static double along(Network network, float[] x, float[] d, double step) {
        float[] kept = x.clone();
        for (int i = 0; i < x.length; i++) {
            x[i] += (float) (step * d[i]);
        }
        double loss = loss(network, Tape.off()).tensor().get(0);
        System.arraycopy(kept, 0, x, 0, x.length);
        return loss;
    }

    private static Value loss(Network network, Tape tape) {
        Pass pass = Pass.of(5, 4).recording(tape);
        return switch (network) {
            case Network.Decoder decoder -> decoder.loss(pass, decoder.hidden(pass, IDS), LABELS);
            case Network.Encoder encoder ->
                encoder.loss(pass, encoder.hidden(pass, IDS, new int[IDS.length]), LABELS)
                        .orElse(Value.constant(Tensor.zeros(1)));
            case Network.Viewer viewer -> throw new IllegalStateException("no words to predict");
            case Network.EncoderDecoder pair -> {
                Memory memory = pair.encode(Pass.of(3, 6).recording(tape), IDS);
                yield pair.loss(pass, pair.decode(pass, IDS, memory), LABELS);
            }
        };
    }
}
