package dev.heed.bench;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.attention.Reference;
import dev.heed.attention.ReferenceGradients;
import dev.heed.bench.rival.AttentionCase;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
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
            some(question.keyHeads(), 2).forEach(keyHead -> addGradients(rows, question, inputs, keyHead));
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

    /** One key head with the query heads that share it. */
    private static void addGradients(List<Row> rows, AttentionCase question, AttentionCase.Inputs in, int keyHead) {
        Attention plain = Attention.scaledDotProduct();
        Attention attention = question.causal() ? plain.mask(Mask.causalTopLeft()) : plain;
        int head = keyHead * question.group();
        Tensor query = in.query().slice(1, head, head + question.group());
        Tensor key = in.key().slice(1, keyHead, keyHead + 1);
        Tensor value = in.value().slice(1, keyHead, keyHead + 1);
        Tensor dOutput = in.dOutput().slice(1, head, head + question.group());
        ReferenceGradients gradients = ReferenceGradients.of(attention, query, key, value, dOutput);
        int width = question.width();
        some(question.queries(), 5).forEach(i -> rows.add(new Row(0, head, i, row(gradients.dQuery(), i, width))));
        some(question.keys(), 5).forEach(j -> {
            rows.add(new Row(1, keyHead, j, row(gradients.dKey(), j, width)));
            rows.add(new Row(2, keyHead, j, row(gradients.dValue(), j, width)));
        });
    }

    private static double[] row(double[] rows, int row, int width) {
        return Arrays.copyOfRange(rows, row * width, (row + 1) * width);
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
