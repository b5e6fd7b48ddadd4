package dev.heed.bench;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.attention.Reference;
import dev.heed.bench.rival.AttentionCase;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What {@link Reference} says about some rows of a case, in double: first and last rows and some between, of some heads.
 * Nobody is timed before they agree.
 */
final class Expected {
    /** Float rounding stays below 2e-6 for these cases; a wrong mask, scale or layout is off by 0.01 and more. */
    static final double TOLERANCE = 1e-5;

    /** A row of one of the contestant's outputs. */
    private record Row(int output, int head, int row, double[] values) {}

    private final List<Row> rows;

    private Expected(List<Row> rows) {
        this.rows = rows;
    }

    static Expected of(AttentionCase question, AttentionCase.Inputs inputs) {
        List<Row> rows = new ArrayList<>();
        if (question.work() == AttentionCase.Work.BACKWARD) {
            some(question.heads(), 2).forEach(head -> addGradients(rows, question, inputs, head));
        } else {
            some(question.heads(), 4).forEach(head -> addOutputs(rows, question, inputs, head));
        }
        return new Expected(rows);
    }

    /** The largest error, relative to the row's largest value where that is above 1; infinite for NaN. */
    double worstError(List<Tensor> outputs) {
        double worst = 0;
        for (Row row : rows) {
            double most = 1;
            double off = 0;
            for (int d = 0; d < row.values.length; d++) {
                double error = Math.abs(outputs.get(row.output).get(0, row.head, row.row, d) - row.values[d]);
                off = Math.max(off, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
                most = Math.max(most, Math.abs(row.values[d]));
            }
            worst = Math.max(worst, off / most);
        }
        return worst;
    }

    /** One row at a time: a query at position i of a causal pass sees what a single query with offset i sees. */
    private static void addOutputs(List<Row> rows, AttentionCase question, AttentionCase.Inputs in, int head) {
        some(question.queries(), 5).forEach(i -> {
            Attention plain = Attention.scaledDotProduct();
            Attention attention = question.causal() ? plain.mask(Mask.causalAt(i)) : plain;
            Tensor query = in.query().slice(2, i, i + 1);
            Reference.Steps steps = Reference.steps(attention, query, in.key(), in.value(), 0, head);
            rows.add(new Row(0, head, i, steps.output()[0]));
        });
    }

    /**
     * The textbook gradient of one head from the reference's weights P: Δ_i = Σ_d dO_id · O_id, dP = dO·Vᵀ,
     * dS = P ∘ (dP − Δ), dQ = scale · dS·K, dK = scale · dSᵀ·Q, dV = Pᵀ·dO.
     */
    private static void addGradients(List<Row> rows, AttentionCase question, AttentionCase.Inputs in, int head) {
        if (question.group() != 1) {
            throw new IllegalArgumentException("bench: gradients of grouped heads have no expectation here");
        }
        Attention plain = Attention.scaledDotProduct();
        Attention attention = question.causal() ? plain.mask(Mask.causalTopLeft()) : plain;
        Reference.Steps steps = Reference.steps(attention, in.query(), in.key(), in.value(), 0, head);
        double[][] query = head(in.query(), head);
        double[][] key = head(in.key(), head);
        double[][] dOutput = head(in.dOutput(), head);
        double[][] dScores = dScores(steps, head(in.value(), head), dOutput);
        some(question.queries(), 5).forEach(i -> {
            rows.add(new Row(0, head, i, mix(dScores[i], key, question.scale())));
            rows.add(new Row(1, head, i, mix(column(dScores, i), query, question.scale())));
            rows.add(new Row(2, head, i, mix(column(steps.weights(), i), dOutput, 1)));
        });
    }

    private static double[][] dScores(Reference.Steps steps, double[][] value, double[][] dOutput) {
        double[][] dScores = new double[dOutput.length][value.length];
        for (int i = 0; i < dOutput.length; i++) {
            double delta = dot(dOutput[i], steps.output()[i]);
            for (int j = 0; j < value.length; j++) {
                dScores[i][j] = steps.weights()[i][j] * (dot(dOutput[i], value[j]) - delta);
            }
        }
        return dScores;
    }

    private static double[][] head(Tensor tensor, int head) {
        double[][] rows = new double[tensor.size(2)][tensor.size(3)];
        for (int i = 0; i < rows.length; i++) {
            for (int d = 0; d < rows[i].length; d++) {
                rows[i][d] = tensor.get(0, head, i, d);
            }
        }
        return rows;
    }

    private static double[] column(double[][] matrix, int column) {
        return IntStream.range(0, matrix.length)
                .mapToDouble(i -> matrix[i][column])
                .toArray();
    }

    private static double[] mix(double[] weights, double[][] rows, double scale) {
        double[] mixture = new double[rows[0].length];
        for (int j = 0; j < rows.length; j++) {
            for (int d = 0; d < mixture.length; d++) {
                mixture[d] += scale * weights[j] * rows[j][d];
            }
        }
        return mixture;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int d = 0; d < a.length; d++) {
            sum += a[d] * b[d];
        }
        return sum;
    }

    /** Up to {@code count} indices below {@code size}, evenly spread, first and last among them. */
    private static List<Integer> some(int size, int count) {
        return IntStream.range(0, count)
                .map(n -> (int) ((long) n * (size - 1) / (count - 1)))
                .distinct()
                .boxed()
                .toList();
    }
}
