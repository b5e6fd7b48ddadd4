package dev.heed.model;

import static dev.heed.model.PlainDouble.CAUSAL;
import static dev.heed.model.PlainDouble.NONE;
import static dev.heed.model.PlainDouble.add;
import static dev.heed.model.PlainDouble.attention;
import static dev.heed.model.PlainDouble.each;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.attention.AttentionMap;
import dev.heed.model.arch.Network;
import dev.heed.nn.Context;
import dev.heed.nn.Intervention;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoders and encoder–decoders in configurations without a conformance folder, against their formulas in plain double. */
class ReferenceTest {
    private static final double TOLERANCE = 1e-5;
    private static final int[] IDS = {5, 0, 17, 3, 3, 29, 1, 8, 11, 30, 2};
    private static final int[] WRITTEN = {2, 9, 9, 4, 31};

    /** Long enough for every bucket of T5's distances. */
    private static final int[] LONG = range(0, 150, 33);

    @TempDir
    Path folder;

    // ---- BERT and its kin: norms after each part

    /** One layer, given the names of its parts below a prefix. */
    private record Names(
            String q, String k, String v, String o, String norm, String first, String second, String last) {}

    private static final Names BERT = new Names(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm");
    private static final Names DISTIL = new Names(
            "attention.q_lin",
            "attention.k_lin",
            "attention.v_lin",
            "attention.out_lin",
            "sa_layer_norm",
            "ffn.lin1",
            "ffn.lin2",
            "output_layer_norm");

    private static double[][] postNorm(
            PlainDouble r, double[][] x, String at, Names n, int heads, int inner, double eps, DoubleUnaryOperator f) {
        return postNorm(r, x, at, n, heads, inner, eps, f, NONE);
    }

    private static double[][] postNorm(
            PlainDouble r,
            double[][] x,
            String at,
            Names n,
            int heads,
            int inner,
            double eps,
            DoubleUnaryOperator f,
            PlainDouble.Bias bias) {
        int e = x[0].length;
        double[][] mixed = attention(
                r.linear(x, at + n.q, e, true),
                r.linear(x, at + n.k, e, true),
                r.linear(x, at + n.v, e, true),
                heads,
                1 / Math.sqrt(e / (double) heads),
                bias);
        double[][] y = r.layerNorm(add(x, r.linear(mixed, at + n.o, e, true)), at + n.norm, eps);
        double[][] thought = r.linear(each(r.linear(y, at + n.first, inner, true), f), at + n.second, e, true);
        return r.layerNorm(add(y, thought), at + n.last, eps);
    }

    /** A head that predicts words with the embedding's rows. */
    private static double[][] words(
            PlainDouble r,
            double[][] x,
            String dense,
            String norm,
            String bias,
            double[] table,
            double eps,
            int vocabulary,
            DoubleUnaryOperator f) {
        double[][] t = r.layerNorm(each(r.linear(x, dense, x[0].length, true), f), norm, eps);
        return PlainDouble.linear(t, table, r.weight(bias, vocabulary));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bertWithOtherOptionsSegmentsAndClasses(boolean older) {
        int e = 15;
        PlainDouble r = new PlainDouble(1);
        int[] types = {0, 0, 0, 0, 1, 1, 2, 2, 1, 0, 2};
        String at = "bert.embeddings.";
        double[][] x = r.rows(at + "word_embeddings.weight", 33, e, IDS);
        x = add(x, r.rows(at + "position_embeddings.weight", 13, e, range(0, IDS.length)));
        x = add(x, r.rows(at + "token_type_embeddings.weight", 3, e, types));
        x = r.layerNorm(x, at + "LayerNorm", 1e-3);
        for (int i = 0; i < 2; i++) {
            x = postNorm(r, x, "bert.encoder.layer." + i + ".", BERT, 3, 7, 1e-3, PlainDouble::geluTanh);
        }
        double[][] pooled = each(r.linear(new double[][] {x[0]}, "bert.pooler.dense", e, true), Math::tanh);
        double[][] classes = r.linear(pooled, "classifier", 4, true);
        if (older) {
            r.rename("^bert\\.", "");
            r.rename("LayerNorm.weight", "LayerNorm.gamma");
            r.rename("LayerNorm.bias", "LayerNorm.beta");
        }
        r.write(folder, """
                {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "hidden_size": 15,
                 "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 7, "vocab_size": 33,
                 "max_position_embeddings": 13, "type_vocab_size": 3, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3}
                """);
        try (Model model = Model.load(folder)) {
            Network.Encoder bert = (Network.Encoder) model.network();
            Pass pass = Pass.of(IDS.length);
            var hidden = bert.hidden(pass, IDS, types);
            near(hidden.tensor(), x);
            near(bert.classes(pass, hidden).orElseThrow().tensor(), classes);
            assertThat(bert.logits(pass, hidden)).isEmpty();
        }
    }

    /** A whole model in which layer 1 hides key 2 from query 4 in head 1, and every layer key 0 from query 6. */
    @Test
    void bertWithEdgesCut() {
        int e = 15;
        PlainDouble r = new PlainDouble(1);
        String at = "bert.embeddings.";
        double[][] x = r.rows(at + "word_embeddings.weight", 33, e, IDS);
        x = add(x, r.rows(at + "position_embeddings.weight", 13, e, range(0, IDS.length)));
        x = add(x, r.rows(at + "token_type_embeddings.weight", 2, e, new int[IDS.length]));
        x = r.layerNorm(x, at + "LayerNorm", 1e-12);
        for (int i = 0; i < 3; i++) {
            int layer = i;
            PlainDouble.Bias cut =
                    (head, query, key) -> layer == 1 && head == 1 && query == 4 && key == 2 || query == 6 && key == 0
                            ? Double.NEGATIVE_INFINITY
                            : 0;
            x = postNorm(r, x, "bert.encoder.layer." + i + ".", BERT, 3, 7, 1e-12, PlainDouble::gelu, cut);
        }
        r.write(folder, """
                {"model_type": "bert", "hidden_size": 15, "num_hidden_layers": 3, "num_attention_heads": 3,
                 "intermediate_size": 7, "vocab_size": 33, "max_position_embeddings": 13, "type_vocab_size": 2}
                """);
        try (Model model = Model.load(folder)) {
            Network.Encoder bert = (Network.Encoder) model.network();
            Pass pass = Pass.of(IDS.length)
                    .changedBy(List.of(List.of(
                            new Intervention.Cut(Intervention.Where.head(AttentionMap.Kind.SELF, 1, 1), 4, 2),
                            new Intervention.Cut(Intervention.Where.everyHead(AttentionMap.Kind.SELF), 6, 0))));
            near(bert.hidden(pass, IDS, new int[IDS.length]).tensor(), x);
        }
    }

    /** Positions begin behind the padding id; the head's activation is GELU whatever the layers have. */
    @ParameterizedTest
    @CsvSource({"xlm-roberta, XLMRobertaForMaskedLM, 1", "roberta, RobertaForMaskedLM, 4"})
    void robertaCountsPositionsFromBehindThePaddingId(String type, String name, int pad) {
        int e = 12;
        PlainDouble r = new PlainDouble(2);
        String at = "roberta.embeddings.";
        double[] table = r.weight(at + "word_embeddings.weight", 33, e);
        double[][] x = r.rows(at + "word_embeddings.weight", 33, e, IDS);
        x = add(x, r.rows(at + "position_embeddings.weight", 17, e, robertaPositions(pad)));
        x = add(x, r.rows(at + "token_type_embeddings.weight", 1, e, new int[IDS.length]));
        x = r.layerNorm(x, at + "LayerNorm", 1e-5);
        for (int i = 0; i < 3; i++) {
            x = postNorm(r, x, "roberta.encoder.layer." + i + ".", BERT, 2, 9, 1e-5, v -> Math.max(0, v));
        }
        double[][] logits =
                words(r, x, "lm_head.dense", "lm_head.layer_norm", "lm_head.bias", table, 1e-5, 33, PlainDouble::gelu);
        r.write(folder, """
                {"model_type": "%s", "architectures": ["%s"], "hidden_size": 12, "num_hidden_layers": 3,
                 "num_attention_heads": 2, "intermediate_size": 9, "vocab_size": 33, "max_position_embeddings": 17,
                 "type_vocab_size": 1, "hidden_act": "relu", "layer_norm_eps": 1e-5, "pad_token_id": %d}
                """.formatted(type, name, pad));
        try (Model model = Model.load(folder)) {
            Network.Encoder roberta = (Network.Encoder) model.network();
            Pass pass = Pass.of(IDS.length);
            var hidden = roberta.hidden(pass, IDS, new int[IDS.length]);
            near(hidden.tensor(), x);
            near(roberta.logits(pass, hidden).orElseThrow().tensor(), logits);
        }
    }

    /** Padding ids have the padding position and are not counted. */
    private static int[] robertaPositions(int pad) {
        int[] positions = new int[IDS.length];
        int next = pad + 1;
        for (int i = 0; i < IDS.length; i++) {
            positions[i] = IDS[i] == pad ? pad : next++;
        }
        return positions;
    }

    @Test
    void distilBertClassifies() {
        int e = 8;
        PlainDouble r = new PlainDouble(3);
        String at = "distilbert.embeddings.";
        double[][] x = r.rows(at + "word_embeddings.weight", 33, e, IDS);
        x = add(x, r.rows(at + "position_embeddings.weight", 11, e, range(0, IDS.length)));
        x = r.layerNorm(x, at + "LayerNorm", 1e-12);
        for (int i = 0; i < 2; i++) {
            x = postNorm(r, x, "distilbert.transformer.layer." + i + ".", DISTIL, 1, 5, 1e-12, PlainDouble::gelu);
        }
        double[][] first = each(r.linear(new double[][] {x[0]}, "pre_classifier", e, true), v -> Math.max(0, v));
        double[][] classes = r.linear(first, "classifier", 3, true);
        r.write(folder, """
                {"model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"], "dim": 8,
                 "hidden_dim": 5, "n_layers": 2, "n_heads": 1, "vocab_size": 33, "max_position_embeddings": 11}
                """);
        try (Model model = Model.load(folder)) {
            Network.Encoder network = (Network.Encoder) model.network();
            Pass pass = Pass.of(IDS.length);
            var hidden = network.hidden(pass, IDS, new int[IDS.length]);
            near(hidden.tensor(), x);
            near(network.classes(pass, hidden).orElseThrow().tensor(), classes);
        }
    }

    /**
     * Rows of its own for the head: as config.json says, or because the file holds other numbers, as transformers 5 has it. Or
     * rows that it shares, which the file holds under the head's name alone.
     */
    @ParameterizedTest
    @CsvSource({
        "bert, bert.encoder.layer.0., bert.embeddings., cls.predictions.transform.dense, cls.predictions.transform.LayerNorm, cls.predictions.decoder",
        "roberta, roberta.encoder.layer.0., roberta.embeddings., lm_head.dense, lm_head.layer_norm, lm_head.decoder",
        "distilbert, distilbert.transformer.layer.0., distilbert.embeddings., vocab_transform, vocab_layer_norm, vocab_projector"
    })
    void aHeadWithRowsOfItsOwn(String type, String layer, String at, String dense, String norm, String head) {
        for (String rows : List.of("own", "other", "shared")) {
            boolean tied = !rows.equals("own");
            int e = 8;
            PlainDouble r = new PlainDouble(31);
            double[][] x = r.rows(at + "word_embeddings.weight", 33, e, IDS);
            int[] places = type.equals("roberta") ? robertaPositions(1) : range(0, IDS.length);
            x = add(x, r.rows(at + "position_embeddings.weight", 14, e, places));
            if (!type.equals("distilbert")) {
                x = add(x, r.rows(at + "token_type_embeddings.weight", 1, e, new int[IDS.length]));
            }
            x = r.layerNorm(x, at + "LayerNorm", 1e-12);
            x = postNorm(r, x, layer, type.equals("distilbert") ? DISTIL : BERT, 2, 7, 1e-12, PlainDouble::gelu);
            double[] own = r.weight((rows.equals("shared") ? at + "word_embeddings" : head) + ".weight", 33, e);
            double[][] logits = words(r, x, dense, norm, head + ".bias", own, 1e-12, 33, PlainDouble::gelu);
            if (rows.equals("shared")) {
                r.rename(at + "word_embeddings", head);
            }
            String sizes = type.equals("distilbert")
                    ? "\"dim\": 8, \"hidden_dim\": 7, \"n_layers\": 1, \"n_heads\": 2"
                    : "\"hidden_size\": 8, \"intermediate_size\": 7, \"num_hidden_layers\": 1, \"num_attention_heads\": 2,"
                            + " \"type_vocab_size\": 1";
            r.write(folder, """
                    {"model_type": "%s", %s, "vocab_size": 33, "max_position_embeddings": 14, "tie_word_embeddings": %s}
                    """.formatted(type, sizes, tied));
            try (Model model = Model.load(folder)) {
                assertThat(model.warnings())
                        .hasSize(rows.equals("other") ? 1 : 0)
                        .allMatch(told -> told.contains("are not tied"));
                Network.Encoder network = (Network.Encoder) model.network();
                Pass pass = Pass.of(IDS.length);
                var hidden = network.hidden(pass, IDS, new int[IDS.length]);
                near(hidden.tensor(), x);
                near(network.logits(pass, hidden).orElseThrow().tensor(), logits);
            }
        }
    }

    // ---- BART and Marian

    private static double[][] bartAttention(
            PlainDouble r, double[][] x, double[][] memory, String at, int heads, PlainDouble.Bias bias) {
        int e = x[0].length;
        double[][] mixed = attention(
                r.linear(x, at + ".q_proj", e, true),
                r.linear(memory, at + ".k_proj", e, true),
                r.linear(memory, at + ".v_proj", e, true),
                heads,
                1 / Math.sqrt(e / (double) heads),
                bias);
        return r.layerNorm(add(x, r.linear(mixed, at + ".out_proj", e, true)), at + "_layer_norm", 1e-5);
    }

    private static double[][] bartThought(PlainDouble r, double[][] x, String at, int inner, DoubleUnaryOperator f) {
        double[][] thought = r.linear(each(r.linear(x, at + "fc1", inner, true), f), at + "fc2", x[0].length, true);
        return r.layerNorm(add(x, thought), at + "final_layer_norm", 1e-5);
    }

    @Test
    void bartWithUnequalStacksAndScaledWords() {
        int e = 12;
        PlainDouble r = new PlainDouble(4);
        double[] table = r.weight("model.shared.weight", 33, e);
        double[][] x = bartWords(r, "encoder", IDS, 12);
        for (int i = 0; i < 3; i++) {
            String at = "model.encoder.layers." + i + ".";
            x = bartThought(r, bartAttention(r, x, x, at + "self_attn", 2, NONE), at, 7, v -> Math.max(0, v));
        }
        double[][] y = bartWords(r, "decoder", WRITTEN, 12);
        for (int i = 0; i < 1; i++) {
            String at = "model.decoder.layers." + i + ".";
            y = bartAttention(r, y, y, at + "self_attn", 4, CAUSAL);
            y = bartAttention(r, y, x, at + "encoder_attn", 4, NONE);
            y = bartThought(r, y, at, 10, v -> Math.max(0, v));
        }
        double[][] logits = PlainDouble.linear(y, table, r.weight("final_logits_bias", 1, 33));
        r.write(folder, """
                {"model_type": "bart", "architectures": ["BartForConditionalGeneration"], "d_model": 12, "vocab_size": 33,
                 "encoder_layers": 3, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 4,
                 "encoder_ffn_dim": 7, "decoder_ffn_dim": 10, "activation_function": "relu", "scale_embedding": true,
                 "max_position_embeddings": 12, "is_encoder_decoder": true, "decoder_start_token_id": 2}
                """);
        check(IDS, x, y, logits);
    }

    /** Tables of their own for what is read, what is written, and the head: untied, or tied and yet of other numbers. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bartWithThreeTables(boolean tied) {
        int e = 12;
        PlainDouble r = new PlainDouble(24);
        r.weight("model.shared.weight", 33, e);
        double[][] x = bartWords(r, "model.encoder.embed_tokens.weight", "encoder", IDS, 12);
        String at = "model.encoder.layers.0.";
        x = bartThought(r, bartAttention(r, x, x, at + "self_attn", 2, NONE), at, 7, PlainDouble::gelu);
        double[][] y = bartWords(r, "model.decoder.embed_tokens.weight", "decoder", WRITTEN, 12);
        at = "model.decoder.layers.0.";
        y = bartAttention(r, y, y, at + "self_attn", 2, CAUSAL);
        y = bartAttention(r, y, x, at + "encoder_attn", 2, NONE);
        y = bartThought(r, y, at, 7, PlainDouble::gelu);
        r.write(folder, """
                {"model_type": "bart", "architectures": ["BartForConditionalGeneration"], "d_model": 12, "vocab_size": 33,
                 "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
                 "encoder_ffn_dim": 7, "decoder_ffn_dim": 7, "scale_embedding": true, "tie_word_embeddings": %s,
                 "max_position_embeddings": 12, "is_encoder_decoder": true, "decoder_start_token_id": 2}
                """.formatted(tied));
        if (!tied) {
            assertThatThrownBy(() -> Model.load(folder)).hasMessageContaining("missing (lm_head.weight [33, 12])");
        }
        double[][] logits = r.linear(y, "lm_head", 33, false);
        r.write(folder, read("config.json"));
        check(IDS, x, y, logits);
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).hasSize(tied ? 3 : 0).allMatch(told -> told.contains("are not tied"));
        }
    }

    private String read(String name) {
        try {
            return Files.readString(folder.resolve(name));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static double[][] bartWords(PlainDouble r, String side, int[] ids, int e) {
        return bartWords(r, "model.shared.weight", side, ids, e);
    }

    private static double[][] bartWords(PlainDouble r, String table, String side, int[] ids, int e) {
        double[][] words = each(r.rows(table, 33, e, ids), v -> v * Math.sqrt(e));
        double[][] places = r.rows("model." + side + ".embed_positions.weight", 14, e, range(2, ids.length));
        return r.layerNorm(add(words, places), "model." + side + ".layernorm_embedding", 1e-5);
    }

    /** An odd width has one sine more than cosines; a table of positions in the file is taken as it stands there. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void marianOfOddWidthWithoutScaledWords(boolean tables) {
        int e = 9;
        PlainDouble r = new PlainDouble(5);
        if (tables) {
            r.weight("model.encoder.embed_positions.weight", 12, e);
            r.weight("model.decoder.embed_positions.weight", 12, e);
        }
        double[] table = r.weight("model.shared.weight", 33, e);
        double[][] x = tables ? placed(r, "encoder", IDS, e) : marianWords(r, IDS, e);
        for (int i = 0; i < 1; i++) {
            String at = "model.encoder.layers." + i + ".";
            x = bartThought(r, bartAttention(r, x, x, at + "self_attn", 3, NONE), at, 7, PlainDouble::silu);
        }
        double[][] y = tables ? placed(r, "decoder", WRITTEN, e) : marianWords(r, WRITTEN, e);
        for (int i = 0; i < 2; i++) {
            String at = "model.decoder.layers." + i + ".";
            y = bartAttention(r, y, y, at + "self_attn", 3, CAUSAL);
            y = bartAttention(r, y, x, at + "encoder_attn", 3, NONE);
            y = bartThought(r, y, at, 8, PlainDouble::silu);
        }
        double[][] logits = PlainDouble.linear(y, table, r.weight("final_logits_bias", 1, 33));
        r.write(folder, """
                {"model_type": "marian", "architectures": ["MarianMTModel"], "d_model": 9, "vocab_size": 33,
                 "encoder_layers": 1, "decoder_layers": 2, "encoder_attention_heads": 3, "decoder_attention_heads": 3,
                 "encoder_ffn_dim": 7, "decoder_ffn_dim": 8, "activation_function": "swish", "scale_embedding": false,
                 "max_position_embeddings": 12, "is_encoder_decoder": true, "decoder_start_token_id": 2,
                 "pad_token_id": 2, "normalize_before": false, "normalize_embedding": false}
                """);
        check(IDS, x, y, logits);
    }

    /** Two vocabularies of unequal sizes; the head has the rows of what is written, or its own. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void marianWithTwoVocabularies(boolean tied) {
        int e = 9;
        PlainDouble r = new PlainDouble(25);
        double[][] x = marianWords(r, "model.encoder.embed_tokens.weight", 33, IDS, e);
        String at = "model.encoder.layers.0.";
        x = bartThought(r, bartAttention(r, x, x, at + "self_attn", 3, NONE), at, 7, PlainDouble::gelu);
        double[][] y = marianWords(r, "model.decoder.embed_tokens.weight", 41, WRITTEN, e);
        at = "model.decoder.layers.0.";
        y = bartAttention(r, y, y, at + "self_attn", 3, CAUSAL);
        y = bartAttention(r, y, x, at + "encoder_attn", 3, NONE);
        y = bartThought(r, y, at, 8, PlainDouble::gelu);
        String head = tied ? "model.decoder.embed_tokens.weight" : "lm_head.weight";
        double[][] logits = PlainDouble.linear(y, r.weight(head, 41, e), r.weight("final_logits_bias", 1, 41));
        r.write(folder, """
                {"model_type": "marian", "architectures": ["MarianMTModel"], "d_model": 9, "vocab_size": 33,
                 "decoder_vocab_size": 41, "share_encoder_decoder_embeddings": false, "tie_word_embeddings": %s,
                 "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 3, "decoder_attention_heads": 3,
                 "encoder_ffn_dim": 7, "decoder_ffn_dim": 8, "max_position_embeddings": 12, "decoder_start_token_id": 2}
                """.formatted(tied));
        check(IDS, x, y, logits);
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            assertThat(model.sizes().vocabulary()).isEqualTo(41);
        }
    }

    private static double[][] placed(PlainDouble r, String side, int[] ids, int e) {
        double[][] places = r.rows("model." + side + ".embed_positions.weight", 12, e, range(0, ids.length));
        return add(r.rows("model.shared.weight", 33, e, ids), places);
    }

    private static double[][] marianWords(PlainDouble r, int[] ids, int e) {
        return marianWords(r, "model.shared.weight", 33, ids, e);
    }

    private static double[][] marianWords(PlainDouble r, String table, int vocabulary, int[] ids, int e) {
        double[][] x = r.rows(table, vocabulary, e, ids);
        for (int p = 0; p < ids.length; p++) {
            for (int i = 0; i < e; i++) {
                double angle = p / Math.pow(10000, 2 * (i % 5) / (double) e);
                x[p][i] += i < 5 ? Math.sin(angle) : Math.cos(angle);
            }
        }
        return x;
    }

    // ---- T5

    @ParameterizedTest
    @CsvSource({"relu, true, 8, 20", "gated-gelu, false, 32, 128", "gated-silu, false, 6, 9", "tanh, true, 4, 5"})
    void t5PlainAndGatedTiedAndNot(String kind, boolean tied, int buckets, int farthest) {
        int e = 10;
        PlainDouble r = new PlainDouble(6);
        double[] table = r.weight("shared.weight", 33, e);
        double[][] x = t5Stack(r, "encoder", r.rows("shared.weight", 33, e, LONG), null, kind, buckets, farthest, 2);
        double[][] y = t5Stack(r, "decoder", r.rows("shared.weight", 33, e, WRITTEN), x, kind, buckets, farthest, 1);
        double[][] logits = tied
                ? PlainDouble.linear(each(y, v -> v / Math.sqrt(e)), table, new double[33])
                : r.linear(y, "lm_head", 33, false);
        r.write(folder, """
                {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 10, "d_kv": 3, "d_ff": 7,
                 "num_heads": 5, "num_layers": 2, "num_decoder_layers": 1, "vocab_size": 33, "feed_forward_proj": "%s",
                 "tie_word_embeddings": %s, "relative_attention_num_buckets": %d, "relative_attention_max_distance": %d,
                 "layer_norm_epsilon": 1e-4, "decoder_start_token_id": 2, "is_encoder_decoder": true}
                """.formatted(kind, tied, buckets, farthest));
        check(LONG, x, y, logits);
    }

    private static double[][] t5Stack(
            PlainDouble r,
            String stack,
            double[][] start,
            double @Nullable [][] memory,
            String kind,
            int buckets,
            int farthest,
            int layers) {
        double[] shared = t5Biases(r, stack, 0, buckets);
        return t5Stack(r, stack, start, memory, kind, buckets, farthest, Collections.nCopies(layers, shared));
    }

    private static double[] t5Biases(PlainDouble r, String stack, int layer, int buckets) {
        String at = stack + ".block." + layer + ".layer.0.SelfAttention.relative_attention_bias.weight";
        return r.weight(at, buckets, 5);
    }

    private static double[][] t5Stack(
            PlainDouble r,
            String stack,
            double[][] start,
            double @Nullable [][] memory,
            String kind,
            int buckets,
            int farthest,
            List<double[]> biases) {
        boolean writes = memory != null;
        double[][] x = start;
        for (int l = 0; l < biases.size(); l++) {
            double[] learned = biases.get(l);
            PlainDouble.Bias bias = (h, i, j) ->
                    (writes ? CAUSAL.of(h, i, j) : 0) + learned[5 * t5Bucket(j - i, !writes, buckets, farthest) + h];
            String at = stack + ".block." + l + ".layer.";
            double[][] n = r.rmsNorm(x, at + "0.layer_norm", 1e-4);
            x = add(x, t5Attention(r, n, n, at + "0.SelfAttention", bias));
            if (memory != null) {
                n = r.rmsNorm(x, at + "1.layer_norm", 1e-4);
                x = add(x, t5Attention(r, n, memory, at + "1.EncDecAttention", NONE));
            }
            String last = at + (writes ? 2 : 1);
            x = add(x, t5Thought(r, r.rmsNorm(x, last + ".layer_norm", 1e-4), last + ".DenseReluDense.", kind));
        }
        return r.rmsNorm(x, stack + ".final_layer_norm", 1e-4);
    }

    private static double[][] t5Attention(
            PlainDouble r, double[][] x, double[][] memory, String at, PlainDouble.Bias bias) {
        double[][] mixed = attention(
                r.linear(x, at + ".q", 15, false),
                r.linear(memory, at + ".k", 15, false),
                r.linear(memory, at + ".v", 15, false),
                5,
                1,
                bias);
        return r.linear(mixed, at + ".o", x[0].length, false);
    }

    private static double[][] t5Thought(PlainDouble r, double[][] x, String at, String kind) {
        if (!kind.startsWith("gated-")) {
            DoubleUnaryOperator f = kind.equals("relu") ? v -> Math.max(0, v) : Math::tanh;
            return r.linear(each(r.linear(x, at + "wi", 7, false), f), at + "wo", x[0].length, false);
        }
        double[][] gate = each(
                r.linear(x, at + "wi_0", 7, false),
                kind.equals("gated-gelu") ? PlainDouble::geluTanh : PlainDouble::silu);
        double[][] up = r.linear(x, at + "wi_1", 7, false);
        for (int i = 0; i < up.length; i++) {
            for (int c = 0; c < 7; c++) {
                up[i][c] *= gate[i][c];
            }
        }
        return r.linear(up, at + "wo", x[0].length, false);
    }

    /** The paper's rule, word by word: half exact, half in logarithmic steps up to a farthest distance. */
    private static int t5Bucket(int offset, boolean bothSides, int buckets, int farthest) {
        int each = bothSides ? buckets / 2 : buckets;
        int base = bothSides && offset > 0 ? each : 0;
        int distance = bothSides ? Math.abs(offset) : Math.max(0, -offset);
        int exact = each / 2;
        if (distance < exact) {
            return base + distance;
        }
        double steps = Math.log(distance / (double) exact) / Math.log(farthest / (double) exact) * (each - exact);
        return base + Math.min(each - 1, exact + (int) (steps + 1e-9));
    }

    // ---- heads of single layers

    /** Older files have a pooler that no head reads; {@code qa_outputs} finds answers. */
    @ParameterizedTest
    @CsvSource({
        "classifier, BertForTokenClassification, 5, false",
        "classifier, BertForTokenClassification, 5, true",
        "qa_outputs, BertForQuestionAnswering, 2, true"
    })
    void bertClassifiesTokensAndFindsAnswers(String head, String name, int classes, boolean pooler) {
        int e = 8;
        PlainDouble r = new PlainDouble(21);
        String at = "bert.embeddings.";
        double[][] x = r.rows(at + "word_embeddings.weight", 33, e, IDS);
        x = add(x, r.rows(at + "position_embeddings.weight", 13, e, range(0, IDS.length)));
        x = add(x, r.rows(at + "token_type_embeddings.weight", 2, e, new int[IDS.length]));
        x = r.layerNorm(x, at + "LayerNorm", 1e-12);
        x = postNorm(r, x, "bert.encoder.layer.0.", BERT, 2, 7, 1e-12, PlainDouble::gelu);
        double[][] scores = r.linear(x, head, classes, true);
        r.weight("bert.embeddings.position_ids", 1, 13); // a buffer of older files
        if (pooler) {
            r.linear(x, "bert.pooler.dense", e, true);
        }
        r.write(folder, """
                {"model_type": "bert", "architectures": ["%s"], "hidden_size": 8, "num_hidden_layers": 1,
                 "num_attention_heads": 2, "intermediate_size": 7, "vocab_size": 33, "max_position_embeddings": 13}
                """.formatted(name));
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            Network.Encoder bert = (Network.Encoder) model.network();
            Pass pass = Pass.of(IDS.length);
            var hidden = bert.hidden(pass, IDS, new int[IDS.length]);
            near(bert.tokenClasses(pass, hidden).orElseThrow().tensor(), scores);
            assertThat(bert.classes(pass, hidden)).isEmpty();
        }
    }

    /** BART reads the text twice; the decoder's row of the end token is classified. */
    @Test
    void bartClassifiesByItsLastEndToken() {
        int e = 12;
        PlainDouble r = new PlainDouble(22);
        r.weight("model.shared.weight", 33, e);
        double[][] x = bartWords(r, "encoder", IDS, 12);
        String at = "model.encoder.layers.0.";
        x = bartThought(r, bartAttention(r, x, x, at + "self_attn", 2, NONE), at, 7, PlainDouble::gelu);
        int[] shifted = shifted();
        double[][] y = bartWords(r, "decoder", shifted, 12);
        at = "model.decoder.layers.0.";
        y = bartAttention(r, y, y, at + "self_attn", 2, CAUSAL);
        y = bartAttention(r, y, x, at + "encoder_attn", 2, NONE);
        y = bartThought(r, y, at, 7, PlainDouble::gelu);
        double[][] inner =
                each(r.linear(new double[][] {y[y.length - 1]}, "classification_head.dense", e, true), Math::tanh);
        double[][] classes = r.linear(inner, "classification_head.out_proj", 3, true);
        r.write(folder, """
                {"model_type": "bart", "architectures": ["BartForSequenceClassification"], "hidden_size": 12, "vocab_size": 33,
                 "num_hidden_layers": 1, "decoder_layers": 1, "num_attention_heads": 2, "decoder_attention_heads": 2,
                 "encoder_ffn_dim": 7, "decoder_ffn_dim": 7, "scale_embedding": true, "max_position_embeddings": 12,
                 "is_encoder_decoder": true, "decoder_start_token_id": 2, "eos_token_id": 2}
                """);
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            Network.EncoderDecoder bart = (Network.EncoderDecoder) model.network();
            Pass pass = Pass.of(IDS.length);
            var hidden = bart.decode(pass, shifted, bart.encode(Pass.of(IDS.length), IDS));
            var last = dev.heed.grad.Ops.rows(hidden, IDS.length - 1, IDS.length);
            near(bart.classes(pass, last).orElseThrow().tensor(), classes);
        }
    }

    /** What is read, as a decoder is given it a second time. */
    private static int[] shifted() {
        int[] shifted = new int[IDS.length];
        shifted[0] = 2;
        System.arraycopy(IDS, 0, shifted, 1, IDS.length - 1);
        return shifted;
    }

    /** Each layer has biases of its own; logits are multiplied by 1/√E whatever the file says. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void umt5(boolean tied) {
        int e = 10;
        PlainDouble r = new PlainDouble(27);
        double[] table = r.weight("shared.weight", 33, e);
        double[][] x = r.rows("shared.weight", 33, e, LONG);
        x = t5Stack(r, "encoder", x, null, "gated-gelu", 8, 20, ownBiases(r, "encoder", 3));
        double[][] y = r.rows("shared.weight", 33, e, WRITTEN);
        y = t5Stack(r, "decoder", y, x, "gated-gelu", 8, 20, ownBiases(r, "decoder", 2));
        double[][] scaled = each(y, v -> v / Math.sqrt(e));
        double[][] logits =
                tied ? PlainDouble.linear(scaled, table, new double[33]) : r.linear(scaled, "lm_head", 33, false);
        r.write(folder, """
                {"model_type": "umt5", "architectures": ["UMT5ForConditionalGeneration"], "hidden_size": 10, "d_kv": 3,
                 "d_ff": 7, "num_heads": 5, "num_layers": 3, "num_decoder_layers": 2, "vocab_size": 33,
                 "tie_word_embeddings": %s, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 20,
                 "layer_norm_epsilon": 1e-4, "decoder_start_token_id": 2}
                """.formatted(tied));
        check(LONG, x, y, logits);
    }

    private static List<double[]> ownBiases(PlainDouble r, String stack, int layers) {
        return IntStream.range(0, layers)
                .mapToObj(i -> t5Biases(r, stack, i, 8))
                .toList();
    }

    /** As transformers 5 writes what was untied: {@code scale_decoder_outputs}, and a head of its own in the file. */
    @ParameterizedTest
    @CsvSource({"t5, true, false", "t5, false, true", "mt5, false, false", "mt5, true, false"})
    void t5WithAHeadOfItsOwn(String type, boolean tied, boolean scaled) {
        int e = 10;
        PlainDouble r = new PlainDouble(23);
        double[][] x = t5Stack(r, "encoder", r.rows("shared.weight", 33, e, IDS), null, "gated-gelu", 32, 128, 1);
        double[][] y = t5Stack(r, "decoder", r.rows("shared.weight", 33, e, WRITTEN), x, "gated-gelu", 32, 128, 1);
        double[][] logits = r.linear(each(y, v -> scaled ? v / Math.sqrt(e) : v), "lm_head", 33, false);
        String proj = type.equals("mt5")
                ? ""
                : "\"feed_forward_proj\": \"gated-gelu\", \"scale_decoder_outputs\": " + scaled + ",";
        r.write(folder, """
                {"model_type": "%s", "hidden_size": 10, "d_kv": 3, "d_ff": 7, "num_attention_heads": 5, %s
                 "num_hidden_layers": 1, "vocab_size": 33, "layer_norm_epsilon": 1e-4, "decoder_start_token_id": 2,
                 "tie_word_embeddings": %s}
                """.formatted(type, proj, tied));
        check(IDS, x, y, logits);
    }

    /** Whatever the file says: mT5's never multiplies by 1/√E, and T5's shares the table where there is no other. */
    @ParameterizedTest
    @CsvSource({"t5, false", "mt5, false", "mt5, true"})
    void t5WithoutAHeadOfItsOwn(String type, boolean tied) throws Exception {
        int e = 10;
        PlainDouble r = new PlainDouble(24);
        double[] table = r.weight("shared.weight", 33, e);
        double[][] x = t5Stack(r, "encoder", r.rows("shared.weight", 33, e, IDS), null, "gated-gelu", 32, 128, 1);
        double[][] y = t5Stack(r, "decoder", r.rows("shared.weight", 33, e, WRITTEN), x, "gated-gelu", 32, 128, 1);
        r.write(folder, """
                {"model_type": "%s", "d_model": 10, "d_kv": 3, "d_ff": 7, "num_heads": 5, "num_layers": 1, "vocab_size": 33,
                 "feed_forward_proj": "gated-gelu", "layer_norm_epsilon": 1e-4, "decoder_start_token_id": 2,
                 "tie_word_embeddings": %s}
                """.formatted(type, tied));
        check(IDS, x, y, PlainDouble.linear(y, table, new double[33]));
        if (tied) { // a file holds shared rows once, under any of their names
            r.rename("^shared", "lm_head");
            r.write(folder, Files.readString(folder.resolve("config.json")));
            check(IDS, x, y, PlainDouble.linear(y, table, new double[33]));
        }
    }

    /** The text is read twice; what classifies has the layers below under a name of their own. */
    @ParameterizedTest
    @CsvSource({
        "t5, T5ForSequenceClassification, transformer., relu, 5",
        "mt5, MT5ForSequenceClassification, transformer., gated-gelu, 3",
        "umt5, UMT5ForSequenceClassification, transformer., gated-gelu, 3",
        "t5, T5ForQuestionAnswering, '', gated-gelu, 2",
        "mt5, MT5ForQuestionAnswering, '', gated-gelu, 2",
        "umt5, UMT5ForQuestionAnswering, '', gated-gelu, 2"
    })
    void t5ClassifiesTextsAndFindsAnswers(String type, String name, String base, String kind, int classes) {
        int e = 10;
        PlainDouble r = new PlainDouble(25);
        int[] shifted = shifted();
        double[][] x = t5Stack(r, "encoder", r.rows("shared.weight", 33, e, IDS), null, kind, 32, 128, 1);
        double[][] y = t5Stack(r, "decoder", r.rows("shared.weight", 33, e, shifted), x, kind, 32, 128, 1);
        r.rename("^", base);
        double[][] end = {y[y.length - 1]};
        boolean places = classes == 2;
        double[][] scores = places
                ? r.linear(y, "qa_outputs", 2, true)
                : r.linear(
                        each(r.linear(end, "classification_head.dense", e, true), Math::tanh),
                        "classification_head.out_proj",
                        classes,
                        true);
        r.write(folder, """
                {"model_type": "%s", "architectures": ["%s"], "d_model": 10, "d_kv": 3, "d_ff": 7, "num_heads": 5,
                 "num_layers": 1, "vocab_size": 33, "feed_forward_proj": "%s", "layer_norm_epsilon": 1e-4,
                 "decoder_start_token_id": 2, "tie_word_embeddings": true}
                """.formatted(type, name, kind));
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            Network.EncoderDecoder t5 = (Network.EncoderDecoder) model.network();
            Pass pass = Pass.of(IDS.length);
            var hidden = t5.decode(pass, shifted, t5.encode(Pass.of(IDS.length), IDS));
            var given = places ? t5.tokenClasses(pass, hidden) : t5.classes(pass, pass.lastRows(hidden));
            near(given.orElseThrow().tensor(), scores);
            assertThat(places ? t5.classes(pass, hidden) : t5.tokenClasses(pass, hidden))
                    .isEmpty();
        }
    }

    /** The file may be of the whole model: what decodes and predicts is left out. */
    @ParameterizedTest
    @CsvSource({
        "t5, T5EncoderModel, '', relu, 0, false",
        "mt5, MT5EncoderModel, '', gated-gelu, 0, true",
        "t5, T5ForTokenClassification, transformer., gated-gelu, 4, true",
        "mt5, MT5ForTokenClassification, transformer., gated-gelu, 2, false"
    })
    void t5WithoutItsDecoder(String type, String name, String base, String kind, int classes, boolean whole) {
        int e = 10;
        PlainDouble r = new PlainDouble(26);
        double[][] x = t5Stack(r, "encoder", r.rows("shared.weight", 33, e, LONG), null, kind, 8, 20, 2);
        if (whole) {
            r.weight("decoder.block.0.layer.1.EncDecAttention.q.weight", 15, e);
        }
        r.rename("^", base);
        if (whole) {
            r.weight("lm_head.weight", 33, e);
        }
        double[][] scores = classes == 0 ? x : r.linear(x, "classifier", classes, true);
        r.write(folder, """
                {"model_type": "%s", "architectures": ["%s"], "d_model": 10, "d_kv": 3, "d_ff": 7, "num_heads": 5,
                 "num_layers": 2, "num_decoder_layers": 3, "vocab_size": 33, "feed_forward_proj": "%s",
                 "relative_attention_num_buckets": 8, "relative_attention_max_distance": 20, "layer_norm_epsilon": 1e-4,
                 "tie_word_embeddings": true, "scale_decoder_outputs": true, "is_encoder_decoder": false}
                """.formatted(type, name, kind));
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            assertThat(model.sizes().decoderLayers()).isZero();
            Network.Encoder reader = (Network.Encoder) model.network();
            Pass pass = Pass.of(LONG.length);
            var hidden = reader.hidden(pass, LONG, new int[LONG.length]);
            near(hidden.tensor(), x);
            assertThat(reader.classes(pass, hidden)).isEmpty();
            near(reader.tokenClasses(pass, hidden).orElse(hidden).tensor(), scores);
        }
    }

    // ---- ViT

    @ParameterizedTest
    @CsvSource({"3, true", "1, false"})
    void vitLooksAtPatches(int channels, boolean bias) {
        int e = 8;
        Network.Cut cut = new Network.Cut(6, 12, 2, 3, channels);
        PlainDouble r = new PlainDouble(7);
        double[][][] pixels = new double[2][cut.rows() * cut.columns()][cut.numbers()];
        Tensor patches = Tensor.zeros(2 * cut.rows() * cut.columns(), cut.numbers());
        java.util.Random random = new java.util.Random(8);
        for (int i = 0; i < patches.elements(); i++) {
            patches.array()[i] = (float) random.nextGaussian();
            int row = i / cut.numbers();
            pixels[row / 12][row % 12][i % cut.numbers()] = patches.array()[i];
        }
        double[][][] hidden = {vit(r, pixels[0], cut, e, bias), vit(r, pixels[1], cut, e, bias)};
        double[][] classes = r.linear(new double[][] {hidden[0][0], hidden[1][0]}, "classifier", 3, true);
        r.write(folder, vitConfig(channels, bias));
        try (Model model = Model.load(folder)) {
            Network.Viewer vit = (Network.Viewer) model.network();
            assertThat(vit.cut()).isEqualTo(cut);
            Pass pass = Pass.of(13, 13);
            var got = vit.hidden(pass, patches);
            near(got.tensor().slice(0, 0, 13), hidden[0]);
            near(got.tensor().slice(0, 13, 26), hidden[1]);
            near(vit.classes(pass, got).orElseThrow().tensor(), classes);
            Tensor alone = vit.hidden(Pass.of(13), patches.slice(0, 12, 24).contiguous())
                    .tensor();
            assertThat(alone.toArray())
                    .containsExactly(got.tensor().slice(0, 13, 26).toArray());
        }
    }

    static String vitConfig(int channels, boolean bias) {
        return """
                {"model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_size": 8,
                 "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 11, "image_size": [6, 12],
                 "patch_size": [2, 3], "num_channels": %d, "qkv_bias": %s, "layer_norm_eps": 1e-6, "hidden_act": "gelu",
                 "id2label": {"0": "cat", "1": "dog", "2": "hen"}}
                """.formatted(channels, bias);
    }

    static double[][] vit(PlainDouble r, double[][] patches, Network.Cut cut, int e, boolean bias) {
        String at = "vit.embeddings.";
        double[] window = r.weight(
                at + "patch_embeddings.projection.weight", e, cut.channels(), cut.patchHeight(), cut.patchWidth());
        double[][] seen = PlainDouble.linear(patches, window, r.weight(at + "patch_embeddings.projection.bias", e));
        double[] positions = r.weight(at + "position_embeddings", 1, cut.tokens(), e);
        double[][] x = new double[cut.tokens()][e];
        x[0] = r.weight(at + "cls_token", 1, 1, e);
        System.arraycopy(seen, 0, x, 1, seen.length);
        for (int i = 0; i < x.length; i++) {
            for (int c = 0; c < e; c++) {
                x[i][c] += positions[i * e + c];
            }
        }
        for (int i = 0; i < 2; i++) {
            String layer = "vit.encoder.layer." + i + ".";
            double[][] n = r.layerNorm(x, layer + "layernorm_before", 1e-6);
            double[][] mixed = attention(
                    r.linear(n, layer + "attention.attention.query", e, bias),
                    r.linear(n, layer + "attention.attention.key", e, bias),
                    r.linear(n, layer + "attention.attention.value", e, bias),
                    2,
                    0.5,
                    NONE);
            x = add(x, r.linear(mixed, layer + "attention.output.dense", e, true));
            n = r.layerNorm(x, layer + "layernorm_after", 1e-6);
            double[][] inner = each(r.linear(n, layer + "intermediate.dense", 11, true), PlainDouble::gelu);
            x = add(x, r.linear(inner, layer + "output.dense", e, true));
        }
        return r.layerNorm(x, "vit.layernorm", 1e-6);
    }

    // ---- what is refused

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bert | position_embedding_type | \"relative_key\"",
                "bert | is_decoder | true",
                "bert | hidden_act | \"mish\"",
                "bert | num_attention_heads | 5",
                "bart | normalize_before | true",
                "bart | add_final_layer_norm | true",
                "marian | normalize_before | true",
                "marian | normalize_embedding | true",
                "marian | share_encoder_decoder_embeddings | false",
                "vit | patch_size | 0",
                "vit | patch_size | 99",
                "vit | image_size | [4, 4, 4]",
                "vit | hidden_act | \"mish\"",
                "t5 | feed_forward_proj | \"gated-mish\"",
                "t5 | is_gated_act | true",
                "t5 | relative_attention_max_distance | 16",
                "t5 | d_kv | 0"
            })
    void whatIsNotSupportedIsRefusedByName(String type, String key, String value) throws Exception {
        Files.writeString(folder.resolve("config.json"), withOption(type, key, value));
        new PlainDouble(9).write(folder.resolve("weights"), "{}");
        Files.copy(folder.resolve("weights/model.safetensors"), folder.resolve("model.safetensors"));
        assertThatThrownBy(() -> Model.load(folder))
                .as(type + " with " + key + " " + value)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(SAID.getOrDefault(key, key))
                .satisfies(error -> assertThat(error.getMessage()).doesNotContain("\n"));
    }

    /** What the message names in place of the key. */
    private static final Map<String, String> SAID = Map.of(
            "num_attention_heads",
            "hidden_size",
            "share_encoder_decoder_embeddings",
            "missing (model.decoder.embed_tokens.weight [33, 8]");

    private static String withOption(String type, String key, String value) {
        String usual = switch (type) {
            case "bert" ->
                "'hidden_size': 8, 'num_hidden_layers': 1, 'num_attention_heads': 2,"
                        + " 'intermediate_size': 8, 'vocab_size': 33";
            case "vit" ->
                "'hidden_size': 8, 'num_hidden_layers': 1, 'num_attention_heads': 2,"
                        + " 'intermediate_size': 8, 'image_size': 8, 'patch_size': 4";
            case "t5" -> "'d_model': 8, 'd_kv': 4, 'd_ff': 8, 'num_heads': 2, 'num_layers': 1, 'vocab_size': 33";
            default ->
                "'d_model': 8, 'encoder_layers': 1, 'decoder_layers': 1, 'encoder_attention_heads': 2,"
                        + " 'decoder_attention_heads': 2, 'encoder_ffn_dim': 8, 'decoder_ffn_dim': 8, 'vocab_size': 33,"
                        + " 'max_position_embeddings': 16";
        };
        String others = usual.replace('\'', '"').replaceAll("\"" + key + "\": [^,]+,?", "");
        return "{\"model_type\": \"" + type + "\", \"" + key + "\": " + value + ", "
                + others.strip().replaceAll(",$", "") + "}";
    }

    // ---- helpers

    /** Whole pass, batch, and token by token. */
    private void check(int[] ids, double[][] encoded, double[][] decoded, double[][] logits) {
        try (Model model = Model.load(folder)) {
            Network.EncoderDecoder pair = (Network.EncoderDecoder) model.network();
            assertThat(pair.firstId()).isEqualTo(2);
            Memory memory = pair.encode(Pass.of(ids.length), ids);
            near(memory.rows().tensor(), encoded);
            Pass pass = Pass.of(WRITTEN.length);
            var hidden = pair.decode(pass, WRITTEN, memory);
            near(hidden.tensor(), decoded);
            Tensor whole = pair.logits(pass, hidden).tensor();
            near(whole, logits);
            Context context = new Context();
            for (int i = 0; i < WRITTEN.length; i++) {
                Pass step = Pass.continuing(new int[] {1}, List.of(context));
                Tensor row = pair.logits(step, pair.decode(step, new int[] {WRITTEN[i]}, memory))
                        .tensor();
                assertThat(row.toArray())
                        .as("token " + i)
                        .containsExactly(whole.select(0, i).toArray());
            }
        }
    }

    private static void near(Tensor got, double[][] want) {
        assertThat(got.shape()).containsExactly(want.length, want[0].length);
        double largest = 0;
        double error = 0;
        for (int r = 0; r < want.length; r++) {
            for (int c = 0; c < want[r].length; c++) {
                largest = Math.max(largest, Math.abs(want[r][c]));
                error = Math.max(error, Math.abs(got.get(r, c) - want[r][c]));
            }
        }
        assertThat(error / largest).isLessThan(TOLERANCE);
    }

    private static int[] range(int from, int count, int modulus) {
        return IntStream.range(from, from + count).map(i -> i % modulus).toArray();
    }

    private static int[] range(int from, int count) {
        return IntStream.range(from, from + count).toArray();
    }
}
