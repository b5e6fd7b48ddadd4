package dev.heed.model;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.attention.Mask;
import dev.heed.attention.Reference;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Context;
import dev.heed.nn.Intervention;
import dev.heed.nn.Intervention.Cut;
import dev.heed.nn.Intervention.Replace;
import dev.heed.nn.Intervention.Silence;
import dev.heed.nn.Intervention.Where;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pass leaves out is left out exactly, and nothing else is. */
class InterventionTest {
    private static final String TEXT = "Once upon a time there was a small house";
    private static final Tokens NO_TOKENS = new Tokens("", null, List.of());

    /** Each layer against the definition in double, in which the key is hidden by a dense mask of its own. */
    @ParameterizedTest
    @CsvSource({
        "gpt2, SELF",
        "llama, SELF",
        "mistral, SELF",
        "bert, SELF",
        "marian, ENCODER",
        "marian, SELF",
        "marian, CROSS",
        "t5, ENCODER",
        "t5, SELF",
        "t5, CROSS"
    })
    void cuttingAnEdgeEqualsTheReferenceWithThatKeyHidden(String name, Kind kind) {
        try (Model model = model(name)) {
            int query = 4;
            int key = 2;
            for (Where where : List.of(Where.head(kind, 0, 1), Where.layer(kind, 1), Where.everyHead(kind))) {
                Recording whole = run(model, List.of());
                Recording cut = run(model, List.of(new Cut(where, query, key)));
                for (int layer = 0; layer < cut.layers(kind); layer++) {
                    boolean here = where.layer().isEmpty() || where.layer().getAsInt() == layer;
                    for (int head = 0; head < cut.heads(kind, layer); head++) {
                        boolean hidden =
                                here && (where.head().isEmpty() || where.head().getAsInt() == head);
                        check(whole, cut, kind, layer, head, hidden ? query : -1, key);
                    }
                }
            }
        }
    }

    private static void check(Recording whole, Recording cut, Kind kind, int layer, int head, int query, int key) {
        Tensor q = cut.query(kind, layer);
        Tensor k = cut.key(kind, layer);
        int keys = k.size(2);
        boolean[] visible = new boolean[q.size(2) * keys];
        Arrays.fill(visible, true);
        if (query >= 0) {
            visible[query * keys + key] = false;
        }
        Reference.Steps expected = Reference.steps(
                whole.attention(kind, layer).mask(Mask.dense(visible, q.size(2), keys)),
                q,
                k,
                cut.value(kind, layer),
                0,
                head);
        for (int i = 0; i < q.size(2); i++) {
            for (int d = 0; d < cut.value(kind, layer).size(3); d++) {
                assertThat((double) cut.output(kind, layer).get(0, head, i, d))
                        .as("layer %d, head %d, query %d, column %d", layer, head, i, d)
                        .isCloseTo(expected.output()[i][d], within(2e-5));
            }
            for (int j = 0; j < keys; j++) {
                assertThat((double) cut.map(kind, layer, head).weight(i, j))
                        .isCloseTo(expected.weights()[i][j], within(2e-5));
            }
        }
        assertThat(cut.map(kind, layer, head).visible(4, 2)).isEqualTo(query < 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "bert"})
    void nothingElseChangesBeforeTheCut(String name) {
        try (Model model = model(name)) {
            Recording whole = run(model, List.of());
            Recording cut = run(model, List.of(new Cut(Where.head(Kind.SELF, 1, 0), 4, 2)));
            assertThat(cut.output(Kind.SELF, 0).toArray())
                    .containsExactly(whole.output(Kind.SELF, 0).toArray());
            assertThat(cut.query(Kind.SELF, 1).toArray())
                    .containsExactly(whole.query(Kind.SELF, 1).toArray());
            for (int i = 0; i < whole.queries(Kind.SELF, 1); i++) {
                if (i != 4) {
                    assertThat(cut.output(Kind.SELF, 1).select(2, i).toArray())
                            .containsExactly(
                                    whole.output(Kind.SELF, 1).select(2, i).toArray());
                }
            }
        }
    }

    @Test
    void aCutThatHidesWhatIsMaskedAnywayChangesNothing() {
        try (Model model = model("gpt2")) {
            Tokens text = model.tokenizer().encode(TEXT);
            List<List<Intervention>> later = List.of(List.of(new Cut(Where.everyHead(Kind.SELF), 2, 5)));
            assertThat(logits(model, text, later)).containsExactly(logits(model, text, List.of()));
        }
    }

    /** Else "nothing changes without it" would be said of what was never there. */
    @Test
    void whatIsNotThereCannotBeLeftOut() {
        try (Model bert = model("bert");
                Model marian = model("marian")) {
            Tokens text = bert.tokenizer().encode(TEXT);
            int layers = bert.sizes().layers();
            int heads = bert.sizes().heads();
            refused(bert, text, new Cut(Where.head(Kind.SELF, layers, 0), 1, 1), "layer");
            refused(bert, text, new Silence(Where.layer(Kind.SELF, -1)), "layer");
            refused(bert, text, new Silence(Where.head(Kind.SELF, 0, heads)), "head");
            refused(bert, text, new Cut(Where.everyHead(Kind.SELF), text.size(), 1), "query");
            refused(bert, text, new Cut(Where.everyHead(Kind.SELF), 1, text.size()), "key");
            refused(bert, text, new Cut(Where.everyHead(Kind.SELF), 1, -1), "key");
            refused(bert, text, new Silence(Where.everyHead(Kind.CROSS)), "self-attention only");
            int decoderLayers = marian.sizes().decoderLayers();
            assertThatThrownBy(() -> run(marian, List.of(new Silence(Where.layer(Kind.CROSS, decoderLayers)))))
                    .hasMessageContaining("layer of a change of CROSS attention must be 0..");
        }
    }

    /** An encoder of two heads beside a decoder of four, and the other way round. */
    @ParameterizedTest
    @CsvSource({"2, 4", "4, 2"})
    void theHeadsOfADecoderAreCountedByThemselves(int heads, int decoderHeads) {
        Config config = Config.parse("config.json", """
                {"model_type": "bart", "d_model": 12, "vocab_size": 33, "encoder_layers": 1, "decoder_layers": 1,
                 "encoder_attention_heads": %d, "decoder_attention_heads": %d, "encoder_ffn_dim": 7, "decoder_ffn_dim": 7,
                 "max_position_embeddings": 12, "is_encoder_decoder": true, "decoder_start_token_id": 2}
                """.formatted(heads, decoderHeads));
        Network network = Architectures.fresh(config, Parameters.fresh((name, shape) -> Tensor.zeros(shape)));
        Changes changes = new Changes(network, List.of(NO_TOKENS), List.of(NO_TOKENS));
        for (Kind kind : Kind.values()) {
            int last = (kind == Kind.ENCODER ? heads : decoderHeads) - 1;
            changes.check(List.of(List.of(new Silence(Where.head(kind, 0, last)))));
            assertThatThrownBy(() -> changes.check(List.of(List.of(new Silence(Where.head(kind, 0, last + 1))))))
                    .hasMessageContaining("the head of a change of " + kind + " attention must be 0.." + last);
        }
    }

    private static void refused(Model model, Tokens text, Intervention change, String what) {
        assertThatThrownBy(() -> logits(model, text, List.of(List.of(change))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(what);
    }

    @Test
    void eachTextOfABatchIsChangedByItself() {
        try (Model model = model("bert")) {
            Tokens text = model.tokenizer().encode(TEXT);
            List<Intervention> cut = List.of(new Cut(Where.everyHead(Kind.SELF), 4, 2));
            List<Run> both = model.runAll(List.of(text, text), Run.Options.logitsOnly(), List.of(List.of(), cut));
            assertThat(both.get(0).logits().orElseThrow().toArray()).containsExactly(logits(model, text, List.of()));
            assertThat(both.get(1).logits().orElseThrow().toArray())
                    .containsExactly(logits(model, text, List.of(cut)))
                    .isNotEqualTo(both.get(0).logits().orElseThrow().toArray());
            assertThatThrownBy(() -> model.runAll(List.of(text), Run.Options.logitsOnly(), List.of(cut, cut)))
                    .hasMessageContaining("each of the 1 sequences, got 2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama"})
    void tokenByTokenEqualsTheFullPassWithAnEdgeCutAndAHeadReplaced(String name) {
        try (Model model = model(name)) {
            Network.Decoder decoder = (Network.Decoder) model.network();
            int[] ids = model.tokenizer().encode(TEXT).ids();
            Tensor mean = Tensor.full(0.5f, model.sizes().headWidth());
            List<List<Intervention>> changes = List.of(
                    List.of(new Cut(Where.everyHead(Kind.SELF), 4, 2), new Replace(Where.head(Kind.SELF, 1, 1), mean)));
            Pass whole = Pass.of(ids.length).changedBy(changes);
            Tensor full = decoder.logits(whole, decoder.hidden(whole, ids)).tensor();
            Context context = new Context();
            for (int i = 0; i < ids.length; i++) {
                Pass step = Pass.continuing(new int[] {1}, List.of(context)).changedBy(changes);
                Tensor row = decoder.logits(step, decoder.hidden(step, new int[] {ids[i]}))
                        .tensor();
                assertThat(row.toArray())
                        .as("position " + i)
                        .containsExactly(full.select(0, i).toArray());
            }
        }
    }

    @Test
    void aSilencedHeadGivesZerosAndAReplacedOneWhatWasGiven() {
        try (Model model = model("marian")) {
            Tensor mean = Tensor.zeros(model.sizes().headWidth());
            for (int d = 0; d < mean.size(0); d++) {
                mean.set(d - 1.5f, d);
            }
            Recording changed = run(
                    model,
                    List.of(
                            new Silence(Where.head(Kind.CROSS, 0, 0)),
                            new Replace(Where.head(Kind.CROSS, 0, 1), mean)));
            Tensor output = changed.output(Kind.CROSS, 0);
            for (int i = 0; i < output.size(2); i++) {
                assertThat(output.select(1, 0).select(1, i).toArray()).containsOnly(0f);
                assertThat(output.select(1, 1).select(1, i).toArray()).containsExactly(mean.toArray());
            }
            assertThatThrownBy(() -> run(model, List.of(new Replace(Where.head(Kind.CROSS, 0, 1), Tensor.zeros(3)))))
                    .hasMessageContaining("as wide as a head");
        }
    }

    /** The one forward pass: what was cut is cut for the gradients, too. */
    @Test
    void gradientsOfAChangedPassMeetCentralDifferences() {
        Path folder = given("gpt2");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Config config = Config.read(folder);
            Parameters parameters =
                    Parameters.learning(checkpoint, Architectures.of(config).base());
            Network.Decoder network = (Network.Decoder) Architectures.build(config, checkpoint, parameters);
            Tape tape = Tape.recording();
            tape.backward(loss(network, tape));
            int checked = 0;
            for (Map.Entry<String, Value> each : parameters.learned().entrySet()) {
                float[] x = each.getValue().tensor().array();
                float[] d = each.getValue().gradient().toArray();
                double square = 0;
                for (float g : d) {
                    square += (double) g * g;
                }
                double length = Math.sqrt(square);
                if (length > 0.05) {
                    double step = 5e-4 / Math.max(1, length);
                    double slope =
                            (along(network, x, d, step / length) - along(network, x, d, -step / length)) / (2 * step);
                    assertThat(slope)
                            .as(each.getKey())
                            .isCloseTo(length, org.assertj.core.data.Percentage.withPercentage(2));
                    checked++;
                }
            }
            assertThat(checked).isGreaterThan(5);
        }
    }

    private static double along(Network.Decoder network, float[] x, float[] d, double step) {
        float[] kept = x.clone();
        for (int i = 0; i < x.length; i++) {
            x[i] += (float) (step * d[i]);
        }
        double loss = loss(network, Tape.off()).tensor().get(0);
        System.arraycopy(kept, 0, x, 0, x.length);
        return loss;
    }

    private static Value loss(Network.Decoder network, Tape tape) {
        int[] ids = {7, 300, 41, 41, 9, 250, 3, 77, 120};
        int[] labels = {300, 41, 41, 9, 250, 3, 11, 120, 5};
        Pass pass = Pass.of(ids.length)
                .recording(tape)
                .changedBy(List.of(List.of(
                        new Cut(Where.everyHead(Kind.SELF), 5, 3),
                        new Silence(Where.head(Kind.SELF, 0, 0)),
                        new Replace(
                                Where.head(Kind.SELF, 1, 1),
                                Tensor.full(0.3f, network.sizes().headWidth())))));
        return network.loss(pass, network.hidden(pass, ids), labels);
    }

    private static Recording run(Model model, List<Intervention> changes) {
        Tokens text = model.tokenizer().encode(TEXT);
        List<List<Intervention>> all = List.of(changes);
        return model.network() instanceof Network.EncoderDecoder
                ? model.runAll(List.of(text), List.of(model.toWrite(TEXT)), Run.Options.everything(), all)
                        .getFirst()
                        .recording()
                : model.runAll(List.of(text), Run.Options.everything(), all)
                        .getFirst()
                        .recording();
    }

    private static float[] logits(Model model, Tokens text, List<List<Intervention>> changes) {
        return model.runAll(List.of(text), Run.Options.logitsOnly(), changes)
                .getFirst()
                .logits()
                .orElseThrow()
                .toArray();
    }

    private static Model model(String name) {
        return Model.load(given(name));
    }
}
