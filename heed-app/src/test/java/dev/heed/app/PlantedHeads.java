package dev.heed.app;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Mask;
import dev.heed.tensor.Tensor;
import java.util.List;

/** One causal layer of four heads with known weights: uniform, previous token, first token, and half on itself. */
final class PlantedHeads implements Heads {
    static final int UNIFORM = 0;
    static final int PREVIOUS = 1;
    static final int FIRST = 2;
    private static final int HEADS = 4;
    private static final float ALMOST_ALL = 20;

    private final List<String> tokens;
    private final Attention attention;
    private final Tensor queryAndKey;
    private final Tensor value;
    private final AttentionOutput result;

    PlantedHeads(List<String> tokens) {
        int n = tokens.size();
        this.tokens = tokens;
        Tensor bias = Tensor.zeros(HEADS, n, n);
        for (int i = 0; i < n; i++) {
            bias.set(ALMOST_ALL, PREVIOUS, i, Math.max(0, i - 1));
            bias.set(ALMOST_ALL, FIRST, i, 0);
            bias.set((float) Math.log(Math.max(1, i)), 3, i, i);
        }
        this.attention = Attention.scaledDotProduct().mask(Mask.causalTopLeft()).bias(bias);
        this.queryAndKey = Tensor.zeros(1, HEADS, n, 2);
        float[] values = new float[HEADS * n * 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        this.value = Tensor.of(values, 1, HEADS, n, 3);
        this.result = attention.apply(queryAndKey, queryAndKey, value);
    }

    @Override
    public int layers() {
        return 1;
    }

    @Override
    public int heads() {
        return HEADS;
    }

    @Override
    public List<String> queryTokens() {
        return tokens;
    }

    @Override
    public List<String> keyTokens() {
        return tokens;
    }

    @Override
    public AttentionMap rows(int layer, int head, int queryFrom, int queryTo) {
        AttentionMap.Tile tile = new AttentionMap.Tile(0, head, queryFrom, queryTo, 0, tokens.size());
        return AttentionMap.of(attention, queryAndKey, queryAndKey, result.lse(), tile)
                .labelled(tokens.subList(queryFrom, queryTo), tokens);
    }

    @Override
    public double outputError(AttentionMap rows) {
        return rows.largestOutputError(
                value.select(0, 0).select(0, rows.head()),
                result.output().select(0, 0).select(0, rows.head()));
    }
}
