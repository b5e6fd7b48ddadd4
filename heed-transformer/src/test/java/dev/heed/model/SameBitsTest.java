package dev.heed.model;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.Shared;
import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.kernel.Workers;
import dev.heed.model.arch.Network;
import dev.heed.nn.Context;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A result does not depend on how the work was cut up. */
class SameBitsTest {
    @ParameterizedTest
    @MethodSource("decoders")
    void tokenByTokenEqualsTheFullPass(String name) {
        try (Model model = Model.load(given(name))) {
            Network.Decoder decoder = (Network.Decoder) model.network();
            int[] ids = model.tokenizer().encode(LONG).ids();
            Pass whole = Pass.of(ids.length);
            Tensor full = decoder.logits(whole, decoder.hidden(whole, ids)).tensor();
            Context context = new Context();
            for (int i = 0; i < ids.length; i++) {
                Pass step = Pass.continuing(new int[] {1}, List.of(context));
                Tensor row = decoder.logits(step, decoder.hidden(step, new int[] {ids[i]}))
                        .tensor();
                assertThat(row.toArray())
                        .as(name + " at position " + i)
                        .containsExactly(full.select(0, i).toArray());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("decoders")
    void aChunkBehindAChunkEqualsTheFullPass(String name) {
        try (Model model = Model.load(given(name))) {
            Network.Decoder decoder = (Network.Decoder) model.network();
            int[] ids = model.tokenizer().encode(LONG).ids();
            Pass whole = Pass.of(ids.length);
            Tensor full = decoder.hidden(whole, ids).tensor();
            Context context = new Context();
            for (int from = 0, to; from < ids.length; from = to) {
                to = Math.min(ids.length, from + 17);
                Pass step = Pass.continuing(new int[] {to - from}, List.of(context));
                Tensor rows =
                        decoder.hidden(step, Arrays.copyOfRange(ids, from, to)).tensor();
                assertThat(rows.toArray())
                        .as(name + " from " + from)
                        .containsExactly(full.slice(0, from, to).toArray());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.heed.Shared#givenNames")
    void aloneEqualsInABatchAndOneThreadEqualsTwo(String name) {
        try (Model model = Model.load(given(name))) {
            List<Tokens> texts = Stream.of(LONG, "Hi.", LONG, "What is the city")
                    .map(model.tokenizer()::encode)
                    .toList();
            List<Run> together = Workers.with(2, () -> model.runAll(texts, Run.Options.everything()));
            for (int i = 0; i < texts.size(); i++) {
                Tokens text = texts.get(i);
                Run alone = Workers.with(1, () -> model.run(text, Run.Options.everything()));
                assertThat(together.get(i).logits().orElseThrow().toArray())
                        .as(name + " text " + i)
                        .containsExactly(alone.logits().orElseThrow().toArray());
                assertThat(together.get(i).hiddenStates().getLast().toArray())
                        .containsExactly(alone.hiddenStates().getLast().toArray());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("decoders")
    void recordingAGenerationGivesTheMapsOfTheFullPass(String name) {
        try (Model model = Model.load(given(name))) {
            Generation generation =
                    model.generate(LONG, Generation.Options.greedy(7).recording());
            int[] ids = Arrays.copyOf(generation.promptIds(), generation.promptIds().length + 6);
            System.arraycopy(generation.ids(), 0, ids, generation.promptIds().length, 6); // the last one is not read
            Recording full =
                    model.run(model.tokens(ids), Run.Options.attentionOnly()).recording();
            for (int layer = 0; layer < full.layers(Kind.SELF); layer++) {
                AttentionMap want = full.map(Kind.SELF, layer, 1);
                AttentionMap got = generation.recording().map(Kind.SELF, layer, 1);
                assertThat(got.weights().toArray())
                        .as(name)
                        .containsExactly(want.weights().toArray());
                assertThat(got.visible()).isEqualTo(want.visible());
                assertThat(got.queryTokens()).isEqualTo(want.queryTokens());
            }
        }
    }

    private static final String LONG = "First Citizen: we are accounted poor citizens, the patricians good.";

    static Stream<String> decoders() {
        return Shared.givenNames()
                .filter(type -> !List.of("bert", "roberta", "xlm-roberta", "distilbert", "t5", "marian", "bart", "vit")
                        .contains(type));
    }
}
