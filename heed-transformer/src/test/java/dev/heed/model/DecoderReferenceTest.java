package dev.heed.model;

import static dev.heed.model.PlainDouble.add;
import static dev.heed.model.PlainDouble.each;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.arch.Network;
import dev.heed.nn.Context;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders in configurations without a conformance folder, against their formulas in plain double. */
class DecoderReferenceTest {
    private static final double TOLERANCE = 1e-5;
    private static final int WORDS = 37;
    private static final int[] IDS = {5, 0, 17, 3, 3, 29, 1, 8, 11, 30, 2, 36, 14};
    private static final String SIZES = """
            "hidden_size": 18, "intermediate_size": 23, "num_hidden_layers": 3, "num_attention_heads": 6,
            "num_key_value_heads": 2, "vocab_size": 37, "max_position_embeddings": 64, "rms_norm_eps": 1e-4,
            """;

    @TempDir
    Path folder;

    /** Llama and all that came of it: what a variant does otherwise is a field. */
    private static final class Plain {
        final PlainDouble r;
        int width = 18;
        int heads = 6;
        int keyHeads = 2;
        int d = 8;
        int layers = 3;
        double around; // 1 where norms are around one
        double words = 1;
        double scale;
        double scoreCap;
        double wordCap;
        double temper = 1; // of rotary tables
        boolean tied;
        boolean queryBias;
        boolean keyBias;
        boolean outputBias;
        boolean mlpBias;
        boolean headNorms;
        boolean outerNorms;
        DoubleUnaryOperator f = PlainDouble::silu;
        int[] windows = {1000, 1000, 1000};
        double[][] frequencies;
        double epsilon = 1e-4;

        Plain(long seed, int d, double theta) {
            r = new PlainDouble(seed);
            this.d = d;
            scale = 1 / Math.sqrt(d);
            double[] usual = frequencies(d, theta);
            frequencies = new double[][] {usual, usual, usual};
        }

        double[][] norm(double[][] x, String name) {
            int e = x[0].length;
            double[] gamma = r.weight(name + ".weight", e);
            double[][] y = new double[x.length][e];
            for (int row = 0; row < x.length; row++) {
                double square = Arrays.stream(x[row]).map(v -> v * v).sum() / e;
                for (int i = 0; i < e; i++) {
                    y[row][i] = x[row][i] / Math.sqrt(square + epsilon) * (around + gamma[i]);
                }
            }
            return y;
        }

        double[][] hidden(int... ids) {
            double[][] x = each(r.rows("model.embed_tokens.weight", WORDS, width, ids), v -> v * words);
            for (int i = 0; i < layers; i++) {
                String at = "model.layers." + i + ".";
                double[][] attended = attention(norm(x, at + "input_layernorm"), at + "self_attn.", i);
                x = add(x, outerNorms ? norm(attended, at + "post_attention_layernorm") : attended);
                double[][] read = norm(x, at + (outerNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"));
                double[][] gate = each(r.linear(read, at + "mlp.gate_proj", 23, mlpBias), f);
                double[][] up = r.linear(read, at + "mlp.up_proj", 23, mlpBias);
                for (int row = 0; row < up.length; row++) {
                    for (int c = 0; c < 23; c++) {
                        up[row][c] *= gate[row][c];
                    }
                }
                double[][] thought = r.linear(up, at + "mlp.down_proj", width, mlpBias);
                x = add(x, outerNorms ? norm(thought, at + "post_feedforward_layernorm") : thought);
            }
            return norm(x, "model.norm");
        }

        private double[][] attention(double[][] x, String at, int layer) {
            double[][] q = r.linear(x, at + "q_proj", heads * d, queryBias);
            double[][] k = r.linear(x, at + "k_proj", keyHeads * d, keyBias);
            double[][] v = r.linear(x, at + "v_proj", keyHeads * d, keyBias);
            if (headNorms) {
                q = perHead(q, at + "q_norm");
                k = perHead(k, at + "k_norm");
            }
            turn(q, d, frequencies[layer], temper);
            turn(k, d, frequencies[layer], temper);
            double[][] mixed = mix(q, k, v, heads, keyHeads, scale, scoreCap, windows[layer]);
            return r.linear(mixed, at + "o_proj", width, outputBias);
        }

        private double[][] perHead(double[][] x, String name) {
            int count = x[0].length / d;
            double[][] apart = new double[x.length * count][];
            for (int i = 0; i < apart.length; i++) {
                apart[i] = Arrays.copyOfRange(x[i / count], i % count * d, (i % count + 1) * d);
            }
            apart = norm(apart, name);
            double[][] y = new double[x.length][x[0].length];
            for (int i = 0; i < apart.length; i++) {
                System.arraycopy(apart[i], 0, y[i / count], i % count * d, d);
            }
            return y;
        }

        double[][] logits(double[][] hidden) {
            double[][] logits = tied
                    ? PlainDouble.linear(hidden, r.weight("model.embed_tokens.weight", WORDS, width), new double[WORDS])
                    : r.linear(hidden, "lm_head", WORDS, false);
            return wordCap == 0 ? logits : each(logits, v -> wordCap * Math.tanh(v / wordCap));
        }
    }

    private static double[] frequencies(int d, double theta) {
        return IntStream.range(0, (d + 1) / 2)
                .mapToDouble(i -> Math.pow(theta, -2.0 * i / d))
                .toArray();
    }

    /** Pairs (i, i + half) of the first 2·half columns of each head. */
    private static void turn(double[][] x, int d, double[] frequencies, double temper) {
        int half = frequencies.length;
        for (int t = 0; t < x.length; t++) {
            for (int from = 0; from < x[t].length; from += d) {
                for (int i = 0; i < half; i++) {
                    double a = x[t][from + i];
                    double b = x[t][from + i + half];
                    double cos = Math.cos(t * frequencies[i]) * temper;
                    double sin = Math.sin(t * frequencies[i]) * temper;
                    x[t][from + i] = a * cos - b * sin;
                    x[t][from + i + half] = b * cos + a * sin;
                }
            }
        }
    }

    /** Causal attention with a window, grouped heads and a bound on scores. */
    private static double[][] mix(
            double[][] q, double[][] k, double[][] v, int heads, int keyHeads, double scale, double cap, int window) {
        int d = q[0].length / heads;
        double[][] out = new double[q.length][q[0].length];
        for (int h = 0; h < heads; h++) {
            int g = h / (heads / keyHeads);
            for (int i = 0; i < q.length; i++) {
                double[] e = new double[k.length];
                double sum = 0;
                for (int j = Math.max(0, i - window + 1); j <= i; j++) {
                    double score = 0;
                    for (int c = 0; c < d; c++) {
                        score += q[i][h * d + c] * k[j][g * d + c];
                    }
                    score *= scale;
                    e[j] = Math.exp(cap == 0 ? score : cap * Math.tanh(score / cap));
                    sum += e[j];
                }
                for (int j = 0; j <= i; j++) {
                    for (int c = 0; c < d; c++) {
                        out[i][h * d + c] += e[j] / sum * v[j][g * d + c];
                    }
                }
            }
        }
        return out;
    }

    // ---- Llama's options

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void llamaWithBiasesAndWideHeads(boolean tied) {
        Plain p = new Plain(1, 8, 500);
        p.queryBias = p.keyBias = p.outputBias = p.mlpBias = true;
        p.tied = tied;
        p.f = PlainDouble::gelu;
        String config = """
                {"model_type": "llama", "head_dim": 8, "attention_bias": true, "mlp_bias": true, "hidden_act": "gelu", %s
                 "rope_theta": 500, "tie_word_embeddings": %s}
                """.formatted(SIZES, tied);
        check(p, config);
        if (tied) { // a file holds shared rows once, under any of their names
            double[][] hidden = p.hidden(IDS);
            double[][] logits = p.logits(hidden);
            p.r.rename("^model\\.embed_tokens", "lm_head");
            p.r.write(folder, config);
            check(hidden, logits, true);
        }
    }

    /** A newer file: {@code rope_parameters} and {@code dtype}; a null for as many key heads as heads; heads of E / H. */
    @Test
    void llamaWithNewerKeysAndAsManyKeyHeads() {
        Plain p = new Plain(2, 4, 77);
        p.width = 24;
        p.keyHeads = 6;
        check(p, """
                {"model_type": "llama", "dtype": "float32", %s "rope_parameters": {"rope_type": "default", "rope_theta": 77.0}}
                """.formatted(SIZES.replace("\"hidden_size\": 18", "\"hidden_size\": 24")
                .replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": null")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"relu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "quick_gelu", "silu", "swish", "tanh"})
    void activationsByTheirNames(String name) {
        Plain p = new Plain(3, 8, 10000);
        p.f = switch (name) {
            case "relu" -> v -> Math.max(0, v);
            case "quick_gelu" -> v -> v / (1 + Math.exp(-1.702 * v));
            case "tanh" -> Math::tanh;
            case "silu", "swish" -> PlainDouble::silu;
            default -> PlainDouble::geluTanh;
        };
        check(p, """
                {"model_type": "llama", "head_dim": 8, %s "hidden_act": "%s"}
                """.formatted(SIZES, name));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "linear   | {'type': 'linear', 'factor': 4.0}",
                "linear   | {'rope_type': 'linear', 'factor': 4.0}",
                "dynamic  | {'rope_type': 'dynamic', 'factor': 3.0, 'original_max_position_embeddings': 4}",
                "llama3   | {'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,"
                        + " 'original_max_position_embeddings': 16}",
                "yarn     | {'rope_type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 16}",
                "yarn     | {'type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 16, 'beta_fast': 32,"
                        + " 'beta_slow': 1, 'mscale': 1.0}",
                "yarn2    | {'rope_type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 16, 'mscale': 0.7,"
                        + " 'mscale_all_dim': 0.3, 'beta_fast': 3, 'beta_slow': 0.5, 'truncate': false}",
                "yarn3    | {'rope_type': 'yarn', 'factor': 4.0, 'original_max_position_embeddings': 16,"
                        + " 'attention_factor': 1.7}",
                "short    | {'rope_type': 'longrope', 'factor': 2.0, 'original_max_position_embeddings': 16,"
                        + " 'short_factor': [1.0, 1.5, 2.0, 2.5], 'long_factor': [3, 4, 5, 6]}",
                "long     | {'type': 'longrope', 'original_max_position_embeddings': 8,"
                        + " 'short_factor': [1.0, 1.5, 2.0, 2.5], 'long_factor': [3, 4, 5, 6]}"
            })
    void scaledRotaryPositions(String kind, String scaling) {
        Plain p = new Plain(4, 8, 10000);
        double[] usual = frequencies(8, 10000);
        double[] scaled = usual.clone();
        for (int i = 0; i < 4; i++) {
            switch (kind) {
                case "linear" -> scaled[i] = usual[i] / 4;
                case "llama3" -> scaled[i] = llama3(usual[i]);
                case "yarn", "yarn3" ->
                    scaled[i] = yarn(usual[i], i, Math.max(0, Math.floor(turns(32))), Math.ceil(turns(1)));
                case "yarn2" -> scaled[i] = yarn(usual[i], i, Math.max(0, turns(3)), Math.min(7, turns(0.5)));
                case "short" -> scaled[i] = usual[i] / (1 + 0.5 * i);
                case "long" -> scaled[i] = usual[i] / (3 + i);
                default -> {}
            }
        }
        p.temper = switch (kind) {
            case "yarn" -> 0.1 * Math.log(4) + 1;
            case "yarn2" -> (0.07 * Math.log(4) + 1) / (0.03 * Math.log(4) + 1);
            case "yarn3" -> 1.7;
            case "short" -> Math.sqrt(1 + Math.log(2) / Math.log(16));
            case "long" -> Math.sqrt(2);
            default -> 1;
        };
        p.frequencies = new double[][] {scaled, scaled, scaled};
        boolean wholeOnly = kind.equals("long"); // a growing text changes its frequencies on the way
        String older = """
                {"model_type": "llama", "head_dim": 8, %s "rope_scaling": %s}
                """.formatted(SIZES, scaling.replace('\'', '"'));
        check(p, older, !wholeOnly);
        String newer = """
                {"model_type": "llama", "head_dim": 8, %s "rope_parameters": %s}
                """.formatted(SIZES, scaling.replace('\'', '"').replace("{", "{\"rope_theta\": 10000, "));
        check(p, newer, !wholeOnly);
        String both = """
                {"model_type": "llama", "head_dim": 8, %s "rope_scaling": %s, "rope_parameters": {"rope_type": "default"}}
                """.formatted(SIZES, scaling.replace('\'', '"')); // the older key wins, as in transformers 5
        check(p, both, !wholeOnly);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"16 | 99 | 64", "16 | null | 64", "null | 16 | 64", "null | null | 16"})
    void theTrainedLengthBesideTheScalingCountsFirst(String beside, String within, String context) {
        Plain p = new Plain(4, 8, 10000);
        double[] scaled = Arrays.stream(frequencies(8, 10000))
                .map(DecoderReferenceTest::llama3)
                .toArray();
        p.frequencies = new double[][] {scaled, scaled, scaled};
        check(p, """
                {"model_type": "llama", "head_dim": 8, %s "original_max_position_embeddings": %s,
                 "rope_parameters": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                 "original_max_position_embeddings": %s}}
                """.formatted(SIZES.replace("embeddings\": 64", "embeddings\": " + context), beside, within));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"partial_rotary_factor\": 0.5",
                "\"rope_parameters\": {\"rope_theta\": 500, \"partial_rotary_factor\": 0.5}"
            })
    void headsThatAreRotatedWholeAreNotRotatedInPart(String rope) {
        Plain p = new Plain(1, 8, 500);
        p.logits(p.hidden(IDS));
        p.r.write(folder, """
                {"model_type": "llama", "head_dim": 8, %s %s}
                """.formatted(SIZES, rope));
        assertThatThrownBy(() -> Model.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("partial_rotary_factor");
    }

    /** Beyond the trained length, which is {@code max_position_embeddings}, the base grows with the text. */
    @Test
    void dynamicRotaryPositionsBeyondTheTrainedLength() {
        Plain p = new Plain(5, 8, 10000);
        double[] grown = frequencies(8, 10000 * Math.pow(3.0 * 13 / 9 - 2, 8 / 6.0));
        p.frequencies = new double[][] {grown, grown, grown};
        check(p, """
                {"model_type": "llama", "head_dim": 8, %s "rope_scaling": {"type": "dynamic", "factor": 3.0}}
                """.formatted(SIZES.replace("embeddings\": 64", "embeddings\": 9")), false);
    }

    private static double llama3(double frequency) {
        double wave = 2 * Math.PI / frequency;
        if (wave < 16 / 4.0) {
            return frequency;
        }
        if (wave > 16 / 1.0) {
            return frequency / 8;
        }
        double smooth = (16 / wave - 1) / (4 - 1);
        return (1 - smooth) * frequency / 8 + smooth * frequency;
    }

    private static double turns(double rotations) {
        return 8 * Math.log(16 / (rotations * 2 * Math.PI)) / (2 * Math.log(10000));
    }

    private static double yarn(double frequency, int i, double low, double high) {
        double ramp = Math.clamp((i - low) / (low == high ? 0.001 : high - low), 0, 1);
        return frequency / 4 * ramp + frequency * (1 - ramp);
    }

    // ---- Mistral, Qwen, Gemma

    @ParameterizedTest
    @CsvSource({"5, 5, 64", "null, 1000, 64", "null, 1000, 4"})
    void mistralWithAndWithoutAWindow(String written, int window, int context) {
        Plain p = new Plain(6, 3, 10000 + 0);
        p.d = 4;
        p.scale = 0.5;
        double[] f = frequencies(4, 10000);
        p.frequencies = new double[][] {f, f, f};
        p.windows = new int[] {window, window, window};
        check(p, """
                {"model_type": "mistral", "head_dim": 4, %s "sliding_window": %s}
                """.formatted(
                SIZES.replace("\"max_position_embeddings\": 64", "\"max_position_embeddings\": " + context), written));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1000, 4, 4    | \"use_sliding_window\": true, \"sliding_window\": 4, \"max_window_layers\": 1",
                "1000, 1000, 1000 | \"use_sliding_window\": false, \"sliding_window\": 4, \"max_window_layers\": 1",
                "1000, 1000, 1000 | \"use_sliding_window\": true, \"sliding_window\": null, \"max_window_layers\": 1",
                "4, 1000, 4    | \"use_sliding_window\": true, \"sliding_window\": 4, \"layer_types\": [\"sliding_attention\","
                        + " \"full_attention\", \"sliding_attention\"]"
            })
    void qwenSlidesInTheLayersThatTheFileSays(String windows, String options) {
        for (boolean third : new boolean[] {false, true}) {
            Plain p = new Plain(7, 4, 1000);
            p.queryBias = p.keyBias = !third;
            p.headNorms = third;
            p.windows = Arrays.stream(windows.split(", "))
                    .mapToInt(w -> Integer.parseInt(w.strip()))
                    .toArray();
            check(p, """
                    {"model_type": "%s", "head_dim": 4, %s "rope_theta": 1000, %s}
                    """.formatted(third ? "qwen3" : "qwen2", SIZES, options));
        }
    }

    @Test
    void layersThatSlideNeedAWindow() {
        Plain p = new Plain(7, 4, 1000);
        p.hidden(IDS);
        p.r.write(folder, """
                {"model_type": "qwen3", "head_dim": 4, %s "use_sliding_window": false,
                 "layer_types": ["sliding_attention", "full_attention", "full_attention"]}
                """.formatted(SIZES));
        assertThatThrownBy(() -> Model.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("layer_types")
                .hasMessageContaining("sliding_window");
    }

    /** The first files say gelu and were trained with its approximation by tanh, which transformers takes. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\"hidden_act\": \"gelu\",", "\"hidden_act\": \"gelu_pytorch_tanh\","})
    void gemma(String activation) {
        Plain p = new Plain(8, 6, 10000);
        p.around = 1;
        p.words = Math.sqrt(18);
        p.tied = true;
        p.f = PlainDouble::geluTanh;
        check(p, """
                {"model_type": "gemma", "head_dim": 6, %s %s "hidden_activation": null}
                """.formatted(SIZES, activation));
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, true"})
    void gemma2WithBoundsAlternatingWindowsAndOuterNorms(boolean unbounded, boolean biased) {
        Plain p = new Plain(9, 6, 10000);
        p.around = 1;
        p.words = Math.sqrt(18);
        p.tied = true;
        p.f = PlainDouble::geluTanh;
        p.outerNorms = true;
        p.queryBias = p.keyBias = p.outputBias = biased;
        p.scale = 1 / Math.sqrt(11);
        p.scoreCap = unbounded ? 0 : 1.5;
        p.wordCap = unbounded ? 0 : 3;
        p.windows = new int[] {4, 1000, 4};
        check(p, """
                {"model_type": "gemma2", "head_dim": 6, %s "query_pre_attn_scalar": 11, "attn_logit_softcapping": %s,
                 "final_logit_softcapping": %s, "sliding_window": 4, "attention_bias": %s}
                """.formatted(SIZES, unbounded ? "null" : "1.5", unbounded ? "null" : "3.0", biased));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gemma3WithNearAndFarPositions(boolean newer) {
        Plain p = new Plain(10, 6, 10000);
        p.around = 1;
        p.words = Math.sqrt(18);
        p.tied = true;
        p.f = PlainDouble::geluTanh;
        p.outerNorms = true;
        p.headNorms = true;
        p.scale = 1 / Math.sqrt(7);
        p.windows = new int[] {5, 1000, 5};
        double[] near = frequencies(6, 50);
        p.frequencies = new double[][] {near, each(new double[][] {frequencies(6, 900)}, v -> v / 2)[0], near};
        String rope = newer ? """
                  "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "rope_parameters":
                  {"sliding_attention": {"rope_type": "default", "rope_theta": 50},
                   "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 900}}""" : """
                  "sliding_window_pattern": 2, "rope_theta": 900, "rope_local_base_freq": 50,
                  "rope_scaling": {"rope_type": "linear", "factor": 2.0}""";
        check(p, """
                {"model_type": "gemma3_text", "head_dim": 6, %s "query_pre_attn_scalar": 7, "sliding_window": 5,
                 "attn_logit_softcapping": %s, %s}
                """.formatted(SIZES, newer ? "null" : "0.5", rope)); // bounds no scores in transformers either
    }

    // ---- GPT-NeoX

    @ParameterizedTest
    @CsvSource({
        "true, true, 0.25, false, 8",
        "false, false, 0.5, true, 8",
        "true, true, 1.0, false, 8",
        "false, true, 0.25, false, 12"
    })
    void gptNeoX(boolean parallel, boolean bias, double share, boolean tied, int d) {
        PlainDouble r = new PlainDouble(11);
        int e = 3 * d;
        double[] frequencies = frequencies((int) (share * d), 300);
        double[][] x = r.rows("gpt_neox.embed_in.weight", WORDS, e, IDS);
        for (int i = 0; i < 2; i++) {
            String at = "gpt_neox.layers." + i + ".";
            double[][] qkv = r.linear(
                    r.layerNorm(x, at + "input_layernorm", 1e-3), at + "attention.query_key_value", 3 * e, bias);
            double[][] q = part(qkv, d, 0);
            double[][] k = part(qkv, d, 1);
            turn(q, d, frequencies, 1);
            turn(k, d, frequencies, 1);
            double[][] mixed = mix(q, k, part(qkv, d, 2), 3, 3, 1 / Math.sqrt(d), 0, 1000);
            double[][] y = add(x, r.linear(mixed, at + "attention.dense", e, bias));
            double[][] read = r.layerNorm(parallel ? x : y, at + "post_attention_layernorm", 1e-3);
            double[][] inner = each(r.linear(read, at + "mlp.dense_h_to_4h", 10, true), PlainDouble::gelu);
            x = add(y, r.linear(inner, at + "mlp.dense_4h_to_h", e, true));
        }
        x = r.layerNorm(x, "gpt_neox.final_layer_norm", 1e-3);
        double[][] logits = tied
                ? PlainDouble.linear(x, r.weight("gpt_neox.embed_in.weight", WORDS, e), new double[WORDS])
                : r.linear(x, "embed_out", WORDS, false);
        for (String rope : List.of(
                "\"rotary_pct\": " + share + ", \"rotary_emb_base\": 300",
                "\"rope_parameters\": {\"rope_theta\": 300, \"partial_rotary_factor\": " + share
                        + ", \"rope_type\": \"default\"}")) {
            r.write(folder, """
                    {"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": %d,
                     "intermediate_size": 10, "num_hidden_layers": 2, "num_attention_heads": 3, "vocab_size": 37,
                     "layer_norm_eps": 1e-3, "use_parallel_residual": %s, "attention_bias": %s, "tie_word_embeddings": %s, %s}
                    """.formatted(e, parallel, bias, tied, rope));
            check(x, logits, true);
        }
    }

    /** Rows are kept as [head, 3, D]. */
    private static double[][] part(double[][] qkv, int d, int which) {
        double[][] part = new double[qkv.length][qkv[0].length / 3];
        for (int row = 0; row < part.length; row++) {
            for (int i = 0; i < part[row].length; i++) {
                part[row][i] = qkv[row][(i / d * 3 + which) * d + i % d];
            }
        }
        return part;
    }

    // ---- GPT-2

    @ParameterizedTest
    @CsvSource({
        "true, false, true, gelu_new, 12, true",
        "true, true, false, relu, 40, true",
        "false, true, true, silu, 7, false",
        "false, false, false, gelu, 12, false"
    })
    void gpt2(boolean scaled, boolean byLayer, boolean tied, String f, int inner, boolean prefixed) {
        int e = 10;
        PlainDouble r = new PlainDouble(12);
        DoubleUnaryOperator act = switch (f) {
            case "relu" -> v -> Math.max(0, v);
            case "silu" -> PlainDouble::silu;
            case "gelu" -> PlainDouble::gelu;
            default -> PlainDouble::geluTanh;
        };
        double[][] x = r.rows("transformer.wte.weight", WORDS, e, IDS);
        x = add(
                x,
                r.rows(
                        "transformer.wpe.weight",
                        20,
                        e,
                        IntStream.range(0, IDS.length).toArray()));
        for (int i = 0; i < 3; i++) {
            String at = "transformer.h." + i + ".";
            double[][] qkv = transposed(r, r.layerNorm(x, at + "ln_1", 1e-4), at + "attn.c_attn", 3 * e);
            double scale = (scaled ? 1 / Math.sqrt(5) : 1) / (byLayer ? i + 1 : 1);
            double[][] mixed =
                    mix(columns(qkv, 0, e), columns(qkv, e, 2 * e), columns(qkv, 2 * e, 3 * e), 2, 2, scale, 0, 99);
            x = add(x, transposed(r, mixed, at + "attn.c_proj", e));
            double[][] in = each(transposed(r, r.layerNorm(x, at + "ln_2", 1e-4), at + "mlp.c_fc", inner), act);
            x = add(x, transposed(r, in, at + "mlp.c_proj", e));
            r.weight(at + "attn.bias", 1, 1, 20, 20); // buffers of older files
            r.weight(at + "attn.masked_bias", 1);
        }
        x = r.layerNorm(x, "transformer.ln_f", 1e-4);
        double[][] logits = tied
                ? PlainDouble.linear(x, r.weight("transformer.wte.weight", WORDS, e), new double[WORDS])
                : r.linear(x, "lm_head", WORDS, false);
        if (!prefixed) {
            r.rename("^transformer\\.", "");
        }
        r.write(folder, """
                {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 10, "n_layer": 3, "n_head": 2,
                 "n_inner": %d, "vocab_size": 37, "n_positions": 20, "layer_norm_epsilon": 1e-4, "activation_function": "%s",
                 "scale_attn_weights": %s, "scale_attn_by_inverse_layer_idx": %s, "tie_word_embeddings": %s}
                """.formatted(inner, f, scaled, byLayer, tied));
        check(x, logits, true);
    }

    private static double[][] transposed(PlainDouble r, double[][] x, String name, int out) {
        int in = x[0].length;
        double[] w = r.weight(name + ".weight", in, out);
        double[] turned = new double[w.length];
        for (int i = 0; i < in; i++) {
            for (int o = 0; o < out; o++) {
                turned[o * in + i] = w[i * out + o];
            }
        }
        return PlainDouble.linear(x, turned, r.weight(name + ".bias", out));
    }

    private static double[][] columns(double[][] x, int from, int to) {
        return Arrays.stream(x).map(row -> Arrays.copyOfRange(row, from, to)).toArray(double[][]::new);
    }

    // ---- heads

    /** The last token that is no padding decides; padding in the middle is read like any token. */
    @ParameterizedTest
    @CsvSource({"null, 12, 12", "2, 12, 12", "14, 11, 12", "36, 12, 12", "5, 12, 12"})
    void decodersClassifyByTheirLastTokenThatIsNoPadding(String padding, int row, int unused) {
        Plain p = new Plain(13, 4, 10000);
        double[][] x = p.hidden(IDS);
        double[][] scores = p.r.linear(x, "score", 3, false);
        p.r.write(folder, """
                {"model_type": "llama", "architectures": ["LlamaForSequenceClassification"], "head_dim": 4, %s
                 "pad_token_id": %s}
                """.formatted(SIZES, padding));
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            Network.Decoder network = (Network.Decoder) model.network();
            assertThat(network.predicts()).isFalse();
            Pass pass = Pass.of(IDS.length);
            var hidden = network.hidden(pass, IDS);
            near(network.classes(pass, IDS, hidden).orElseThrow().tensor(), new double[][] {scores[row]});
            assertThatThrownBy(() -> network.logits(pass, hidden)).hasMessageContaining("lm_head");
        }
    }

    @Test
    void decodersClassifyTokens() {
        Plain p = new Plain(14, 4, 10000);
        double[][] scores = p.r.linear(p.hidden(IDS), "score", 3, true);
        p.r.write(folder, """
                {"model_type": "llama", "architectures": ["LlamaForTokenClassification"], "head_dim": 4, %s "pad_token_id": 0}
                """.formatted(SIZES));
        try (Model model = Model.load(folder)) {
            Network.Decoder network = (Network.Decoder) model.network();
            Pass pass = Pass.of(IDS.length);
            near(
                    network.tokenClasses(pass, network.hidden(pass, IDS))
                            .orElseThrow()
                            .tensor(),
                    scores);
        }
    }

    /** transformers' classes of Llama and Qwen that answer questions spell the names of the model below otherwise. */
    @Test
    void decodersThatAnswerHaveNamesOfTheirOwn() {
        Plain p = new Plain(16, 4, 10000);
        double[][] scores = p.r.linear(p.hidden(IDS), "qa_outputs", 2, true);
        p.r.rename("^model\\.", "transformer.");
        p.r.write(folder, """
                {"model_type": "llama", "architectures": ["LlamaForQuestionAnswering"], "head_dim": 4, %s "pad_token_id": 0}
                """.formatted(SIZES));
        try (Model model = Model.load(folder)) {
            Network.Decoder network = (Network.Decoder) model.network();
            Pass pass = Pass.of(IDS.length);
            near(
                    network.tokenClasses(pass, network.hidden(pass, IDS))
                            .orElseThrow()
                            .tensor(),
                    scores);
        }
    }

    @Test
    void baseModelsHaveHiddenStatesAndNoWords() {
        Plain p = new Plain(15, 4, 10000);
        double[][] x = p.hidden(IDS);
        p.r.weight("model.layers.0.self_attn.rotary_emb.inv_freq", 2);
        p.r.rename("^model\\.", "");
        p.r.write(folder, """
                {"model_type": "llama", "architectures": ["LlamaModel"], "head_dim": 4, %s "pad_token_id": 0}
                """.formatted(SIZES));
        try (Model model = Model.load(folder)) {
            Network.Decoder network = (Network.Decoder) model.network();
            near(network.hidden(Pass.of(IDS.length), IDS).tensor(), x);
            assertThat(network.predicts()).isFalse();
        }
        p.r.write(folder, """
                {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "head_dim": 4, %s "pad_token_id": 0}
                """.formatted(SIZES));
        assertThatThrownBy(() -> Model.load(folder)).hasMessageContaining("lm_head.weight");
    }

    // ---- helpers

    private void check(Plain p, String config) {
        check(p, config, true);
    }

    private void check(Plain p, String config, boolean tokenByToken) {
        double[][] hidden = p.hidden(IDS);
        double[][] logits = p.logits(hidden);
        p.r.write(folder, config);
        check(hidden, logits, tokenByToken);
    }

    /** Whole pass, and token by token. */
    private void check(double[][] want, double[][] logits, boolean tokenByToken) {
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).allMatch(w -> w.contains("attn_logit_softcapping"));
            Network.Decoder network = (Network.Decoder) model.network();
            Pass pass = Pass.of(IDS.length);
            var hidden = network.hidden(pass, IDS);
            near(hidden.tensor(), want);
            Tensor whole = network.logits(pass, hidden).tensor();
            near(whole, logits);
            Context context = new Context();
            for (int i = 0; tokenByToken && i < IDS.length; i++) {
                Pass step = Pass.continuing(new int[] {1}, List.of(context));
                Tensor row = network.logits(step, network.hidden(step, new int[] {IDS[i]}))
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
}
