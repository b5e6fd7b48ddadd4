package dev.heed.lens;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A causal head whose weights are known, to check the metrics by: each perfect head has all weight where its metric looks,
 * so the metric must be 1; the uniform head must score its baseline, exactly.
 *
 * <pre>{@code
 * boolean sound = PlantedHead.checks().stream().allMatch(PlantedHead.Check::holds);
 * }</pre>
 */
public enum PlantedHead {
    SELF(HeadMetric.SELF),
    PREVIOUS_TOKEN(HeadMetric.PREVIOUS_TOKEN),
    FIRST_TOKEN(HeadMetric.FIRST_TOKEN),
    DUPLICATE_TOKEN(HeadMetric.DUPLICATE_TOKEN),
    INDUCTION(HeadMetric.INDUCTION),
    UNIFORM(null);

    /** 25 tokens four times behind one that begins the text, as Olsson et al. 2022 do. */
    private static final Probe PROBE = new Probe(1, 25, 4);

    private static final int TOKENS = 101;

    /** exp(−200) is 0 in float. */
    private static final float ALL = 200;

    private final @Nullable HeadMetric metric;

    PlantedHead(@Nullable HeadMetric metric) {
        this.metric = metric;
    }

    /**
     * One check.
     *
     * @param measured what the metric gave
     * @param expected what it must give
     */
    public record Check(PlantedHead head, HeadMetric metric, double measured, double expected) {
        public boolean holds() {
            return measured == expected || Double.isNaN(measured) && Double.isNaN(expected);
        }
    }

    /** All checks: what each perfect head scores, and every metric of the uniform head beside its baseline. */
    public static List<Check> checks() {
        HeadRows rows = planted();
        Stream<Check> perfect =
                Stream.of(values()).filter(head -> head.metric != null).map(head -> head.check(rows));
        Stream<Check> uniform = Stream.of(HeadMetric.values())
                .map(metric -> new Check(
                        UNIFORM,
                        metric,
                        metric.of(rows, UNIFORM.ordinal()),
                        metric.of(rows.ofEqualWeights(), UNIFORM.ordinal())));
        return Stream.concat(perfect, uniform).toList();
    }

    private Check check(HeadRows rows) {
        HeadMetric its = Objects.requireNonNull(metric);
        return new Check(this, its, its.of(rows, ordinal()), 1);
    }

    /** All of them as the heads of one layer. */
    private static HeadRows planted() {
        int heads = values().length;
        Tensor bias = Tensor.zeros(heads, TOKENS, TOKENS);
        for (PlantedHead head : values()) {
            for (int i = 0; i < TOKENS; i++) {
                int key = head.key(i);
                if (key >= 0) {
                    bias.set(ALL, head.ordinal(), i, key);
                }
            }
        }
        Tensor zeros = Tensor.zeros(1, heads, TOKENS, 2);
        Attention attention =
                Attention.scaledDotProduct().mask(Mask.causalTopLeft()).bias(bias);
        return HeadRows.of(attention, zeros, zeros, zeros, PROBE);
    }

    /** Where all the weight of a query is, or −1 for equal weights. */
    private int key(int query) {
        boolean copied = PROBE.copiesBefore(query) > 0;
        return switch (this) {
            case SELF -> query;
            case PREVIOUS_TOKEN -> query - 1;
            case FIRST_TOKEN -> 0;
            case DUPLICATE_TOKEN -> copied ? query - PROBE.period() : -1;
            case INDUCTION -> copied ? query - PROBE.period() + 1 : -1;
            case UNIFORM -> -1;
        };
    }
}
