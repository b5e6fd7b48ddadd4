package dev.heed.model;

import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/**
 * The formulas of transformers in plain double, one number at a time, nothing shared with the library. Weights come into
 * being when a formula first asks for them by name, so that a model folder written afterwards holds exactly what the
 * reference used: a name or shape that the library reads otherwise is missing or left over there.
 */
final class PlainDouble {
    private final Random random;
    private final Map<String, Tensor> weights = new LinkedHashMap<>();

    PlainDouble(long seed) {
        random = new Random(seed);
    }

    /** Writes the folder of a model. */
    Path write(Path folder, String config) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.json"), config);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SafetensorsWriter writer = new SafetensorsWriter();
        weights.forEach(writer::put);
        writer.write(folder.resolve("model.safetensors"));
        return folder;
    }

    /** Spells names otherwise. */
    void rename(String regex, String replacement) {
        Map<String, Tensor> old = new LinkedHashMap<>(weights);
        weights.clear();
        old.forEach((name, tensor) -> weights.put(name.replaceAll(regex, replacement), tensor));
    }

    /** A weight, row by row. */
    double[] weight(String name, int... shape) {
        Tensor tensor = weights.computeIfAbsent(name, n -> {
            Tensor made = Tensor.zeros(shape);
            boolean norm = n.matches(".*(?i)norm.*weight");
            for (int i = 0; i < made.elements(); i++) {
                made.array()[i] = (float) ((norm ? 1 : 0) + 0.3 * random.nextGaussian());
            }
            return made;
        });
        double[] values = new double[tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.array()[i];
        }
        return values;
    }

    /** One row per id. */
    double[][] rows(String name, int size, int width, int... ids) {
        double[] table = weight(name, size, width);
        double[][] rows = new double[ids.length][width];
        for (int r = 0; r < ids.length; r++) {
            System.arraycopy(table, ids[r] * width, rows[r], 0, width);
        }
        return rows;
    }

    double[][] linear(double[][] x, String name, int out, boolean bias) {
        int in = x[0].length;
        return linear(x, weight(name + ".weight", out, in), bias ? weight(name + ".bias", out) : new double[out]);
    }

    static double[][] linear(double[][] x, double[] w, double[] bias) {
        double[][] y = new double[x.length][bias.length];
        for (int r = 0; r < x.length; r++) {
            for (int o = 0; o < bias.length; o++) {
                double sum = bias[o];
                for (int i = 0; i < x[r].length; i++) {
                    sum += x[r][i] * w[o * x[r].length + i];
                }
                y[r][o] = sum;
            }
        }
        return y;
    }

    double[][] layerNorm(double[][] x, String name, double epsilon) {
        int width = x[0].length;
        double[] gamma = weight(name + ".weight", width);
        double[] beta = weight(name + ".bias", width);
        double[][] y = new double[x.length][width];
        for (int r = 0; r < x.length; r++) {
            double mean = 0;
            double variance = 0;
            for (double v : x[r]) {
                mean += v / width;
            }
            for (double v : x[r]) {
                variance += (v - mean) * (v - mean) / width;
            }
            for (int i = 0; i < width; i++) {
                y[r][i] = (x[r][i] - mean) / Math.sqrt(variance + epsilon) * gamma[i] + beta[i];
            }
        }
        return y;
    }

    double[][] rmsNorm(double[][] x, String name, double epsilon) {
        int width = x[0].length;
        double[] gamma = weight(name + ".weight", width);
        double[][] y = new double[x.length][width];
        for (int r = 0; r < x.length; r++) {
            double square = 0;
            for (double v : x[r]) {
                square += v * v / width;
            }
            for (int i = 0; i < width; i++) {
                y[r][i] = x[r][i] / Math.sqrt(square + epsilon) * gamma[i];
            }
        }
        return y;
    }

    /** What is added to a score, −∞ for what is hidden. */
    @FunctionalInterface
    interface Bias {
        double of(int head, int query, int key);
    }

    static final Bias NONE = (head, query, key) -> 0;
    static final Bias CAUSAL = (head, query, key) -> key <= query ? 0 : Double.NEGATIVE_INFINITY;

    static double[][] attention(double[][] q, double[][] k, double[][] v, int heads, double scale, Bias bias) {
        int d = q[0].length / heads;
        double[][] out = new double[q.length][q[0].length];
        for (int h = 0; h < heads; h++) {
            for (int i = 0; i < q.length; i++) {
                double[] e = new double[k.length];
                double sum = 0;
                for (int j = 0; j < k.length; j++) {
                    double score = 0;
                    for (int c = h * d; c < (h + 1) * d; c++) {
                        score += q[i][c] * k[j][c];
                    }
                    e[j] = Math.exp(score * scale + bias.of(h, i, j));
                    sum += e[j];
                }
                for (int j = 0; j < k.length; j++) {
                    for (int c = h * d; c < (h + 1) * d; c++) {
                        out[i][c] += e[j] / sum * v[j][c];
                    }
                }
            }
        }
        return out;
    }

    static double[][] add(double[][] a, double[][] b) {
        double[][] y = new double[a.length][a[0].length];
        for (int r = 0; r < y.length; r++) {
            for (int i = 0; i < y[r].length; i++) {
                y[r][i] = a[r][i] + b[r][i];
            }
        }
        return y;
    }

    static double[][] each(double[][] x, DoubleUnaryOperator f) {
        double[][] y = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            y[r] = java.util.Arrays.stream(x[r]).map(f).toArray();
        }
        return y;
    }

    static double gelu(double x) {
        return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    }

    static double geluTanh(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    static double silu(double x) {
        return x / (1 + Math.exp(-x));
    }

    /** 2/√π·exp(−x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!, whose terms have one sign. */
    private static double erf(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; n < 400; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
