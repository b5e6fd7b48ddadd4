package dev.heed.attention;

import dev.heed.kernel.Apart;
import dev.heed.kernel.Backward;
import dev.heed.kernel.Decode;
import dev.heed.kernel.Forward;
import dev.heed.kernel.Problem;
import dev.heed.kernel.ScoreRule;
import dev.heed.kernel.ScoreTerms;
import dev.heed.kernel.Statistics;
import dev.heed.kernel.Visibility;
import dev.heed.kernel.Weights;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Attention: a weighted average of values whose weights come from comparing queries with keys. An immutable
 * description (score, mask, bias, sink) that is applied to tensors; share it freely between threads.
 *
 * <pre>{@code
 * Attention causal = Attention.scaledDotProduct().mask(Mask.causalTopLeft());
 * AttentionOutput result = causal.apply(query, key, value);   // output [B,Hq,N,Dv], lse [B,Hq,N]
 * Tensor weights = causal.weights(query, key, result.lse(), 0, 3, 0, 10, 0, 10); // head 3, a 10 × 10 tile
 * }</pre>
 *
 * <p>Shapes: query [B, Hq, N, D], key [B, Hkv, M, D], value [B, Hkv, M, Dv]. Hq is a multiple of Hkv: several query heads
 * share a key and value head (grouped heads, arXiv 2305.13245). N and M may differ; all sizes may be 0, N and M go up to {@link
 * Problem#MOST_ROWS}, D and Dv to {@link Problem#WIDEST}. Any strides.
 *
 * <p>Vaswani et al. 2017, "Attention Is All You Need", section 3.2; computed in tiles with an online softmax as in
 * FlashAttention (Dao et al. 2022, arXiv 2205.14135), so memory beyond inputs and output is O(N).
 */
public final class Attention {
    /** Statistics keep positions, keys and what lies between them as floats. */
    private static final int MOST_POSITIONS = 1 << 24;

    private static final Attention SCALED_DOT_PRODUCT =
            new Attention(Score.scaledDotProduct(), Float.NaN, 0, Mask.none(), null, null, null);

    private final Score score;
    private final float scale; // NaN: the score's own
    private final float softcap; // 0: none
    private final Mask mask;
    private final @Nullable Tensor bias;
    private final float @Nullable [] alibi;
    private final float @Nullable [] sink;

    private Attention(
            Score score,
            float scale,
            float softcap,
            Mask mask,
            @Nullable Tensor bias,
            float @Nullable [] alibi,
            float @Nullable [] sink) {
        this.score = score;
        this.scale = scale;
        this.softcap = softcap;
        this.mask = mask;
        this.bias = bias;
        this.alibi = alibi;
        this.sink = sink;
    }

    /** softmax(Q·Kᵀ/√D)·V without mask or bias: where every description starts. */
    public static Attention scaledDotProduct() {
        return SCALED_DOT_PRODUCT;
    }

    /** Another rule that compares queries and keys in place of the scaled dot product. */
    public Attention score(Score rule) {
        Objects.requireNonNull(rule, "Attention.score: a rule is needed, got null");
        return new Attention(rule, scale, softcap, mask, bias, alibi, sink);
    }

    /** Another factor of the comparison in place of the score's own, which is 1/√D or 1. */
    public Attention scale(double factor) {
        if (!Float.isFinite((float) factor)) {
            throw new IllegalArgumentException("Attention.scale: the factor must be finite as a float, got " + factor);
        }
        return new Attention(score, (float) factor, softcap, mask, bias, alibi, sink);
    }

    /** Bounds scores to ±cap by cap·tanh(score/cap), before bias and mask; 0 for none. A cap is kept as a float. */
    public Attention softcap(double cap) {
        float single = (float) cap;
        if (!(single >= 0) || Float.isInfinite(single) || single == 0 && cap != 0) {
            throw new IllegalArgumentException(
                    "Attention.softcap: the cap must be 0 or a positive, finite float, got " + cap);
        }
        return new Attention(score, scale, single, mask, bias, alibi, sink);
    }

    /** Restricts what queries see, further than before: masks are joined by AND. */
    public Attention mask(Mask also) {
        return new Attention(score, scale, softcap, mask.and(also), bias, alibi, sink);
    }

    /**
     * Adds a bias to the scores; −∞ hides a key.
     *
     * @param added up to four axes, each 1 or the size of [B, Hq, N, M]; fewer axes are the last ones. Not copied.
     */
    public Attention bias(Tensor added) {
        Objects.requireNonNull(added, "Attention.bias: a tensor is needed, got null");
        return new Attention(score, scale, softcap, mask, added, alibi, sink);
    }

    /** Subtracts slope[h]·|distance| from the scores, query N−1 standing at key M−1 (ALiBi, arXiv 2108.12409). */
    public Attention alibi(float... slopes) {
        return new Attention(score, scale, softcap, mask, bias, slopes.clone(), sink);
    }

    /** One learned score per query head that takes part in the softmax and carries no value, so weights sum to less. */
    public Attention sink(float... scores) {
        return new Attention(score, scale, softcap, mask, bias, alibi, scores.clone());
    }

    /**
     * Computes output and lse. Allocates both, and nothing else that grows with N or M beyond the mask's two bounds per
     * query; cosine and bilinear scores, and inputs whose last axis is strided, are copied.
     *
     * <p>Scores are float32: a dot product beyond ±3.4e38 is ±∞, so that its key weighs nothing, or the row is NaN.
     *
     * @param query [B, Hq, N, D]
     * @param key [B, Hkv, M, D]
     * @param value [B, Hkv, M, Dv]
     * @throws IllegalArgumentException if shapes do not fit each other or the description
     */
    public AttentionOutput apply(Tensor query, Tensor key, Tensor value) {
        Problem problem = problem(query, key, value);
        AttentionOutput result = room(query, problem.valueWidth());
        run(problem, result.output(), result.lse());
        return result;
    }

    /**
     * Queries against a cache. A few query rows per key head take the decoding path, which reads the cache once; more, and
     * cosine and additive scores, copy keys and values out of their pages first.
     *
     * @param query [B, Hq, N, D]; masks see N queries and M = {@code cache.length()} keys, so a decoding step is
     *     {@link Mask#causalBottomRight}
     */
    public AttentionOutput apply(Tensor query, KvCache cache) {
        Tensor shapeOfKeys = shape(
                cache.batches(), cache.keyHeads(), cache.length(), cache.pages().width());
        Tensor shapeOfValues = shape(
                cache.batches(), cache.keyHeads(), cache.length(), cache.pages().valueWidth());
        checkInputs(query, shapeOfKeys, shapeOfValues);
        int rows = cache.keyHeads() == 0 ? 0 : query.size(1) / cache.keyHeads() * query.size(2);
        if (rows == 0 || rows > Decode.MOST_ROWS || !ScoreInputs.readsKeysAsDots(score)) {
            return apply(query, cache.keys(), cache.values());
        }
        int[] scores = scores(query, shapeOfKeys);
        Visibility visible = mask.resolve(scores[0], scores[1], scores[2], scores[3]);
        AttentionOutput result = room(query, shapeOfValues.size(3));
        Decode.run(
                new Decode.Call(
                        rows(ScoreInputs.query(score, query)),
                        cache.pages(),
                        cache.keyHeads(),
                        visible,
                        terms(scores, query.size(3))),
                result.output(),
                result.lse());
        return result;
    }

    /** For the results of queries. */
    private static AttentionOutput room(Tensor query, int valueWidth) {
        Tensor lse = Tensor.zeros(query.size(0), query.size(1), query.size(2));
        return new AttentionOutput(Tensor.zeros(query.size(0), query.size(1), query.size(2), valueWidth), lse);
    }

    /** [B, Hq, N, M]. */
    private static int[] scores(Tensor query, Tensor key) {
        return new int[] {query.size(0), query.size(1), query.size(2), key.size(2)};
    }

    /** A shape without memory. */
    private static Tensor shape(int... shape) {
        return Tensor.zeros(1).broadcastTo(shape);
    }

    /**
     * Like {@link #apply} into tensors of the caller, of any strides: [B, Hq, N, Dv] and [B, Hq, N]. They must not share
     * memory with each other or with query, key, value, bias or the score's parameter, and each element must have its own
     * place, as a step along each axis leads behind all that shorter steps reach: other calls are rejected.
     */
    public void applyInto(Tensor query, Tensor key, Tensor value, Tensor output, Tensor lse) {
        Problem problem = problem(query, key, value);
        checkOutput("output", output, problem);
        checkLse(lse, problem);
        Tensor parameter = ScoreInputs.parameter(score);
        Apart.check("attend", "output", output, query, key, value, bias, parameter, lse);
        Apart.check("attend", "lse", lse, query, key, value, bias, parameter);
        run(problem, output, lse);
    }

    /** Kernels write rows of neighbouring numbers: an output whose last axis is strided is filled from a copy. */
    private static void run(Problem problem, Tensor output, Tensor lse) {
        if (output.stride(3) == 1 || output.size(3) == 1) {
            Forward.run(problem, output, lse);
            return;
        }
        Tensor rows = Tensor.zeros(output.shape());
        Forward.run(problem, rows, lse);
        for (int i = 0; i < rows.elements(); i++) {
            int d = i % output.size(3);
            int query = i / output.size(3) % output.size(2);
            int batchHead = i / output.size(3) / output.size(2);
            output.set(rows.array()[i], batchHead / output.size(1), batchHead % output.size(1), query, d);
        }
    }

    /**
     * Output, lse, and statistics of every head's weights in the same pass: exact, and O(N + M) numbers per head.
     */
    public AttentionStatistics.Result applyWithStatistics(
            Tensor query, Tensor key, Tensor value, AttentionStatistics.Request request) {
        Problem p = problem(query, key, value);
        if (Math.max(p.queries(), p.keys()) > MOST_POSITIONS) {
            throw new IllegalArgumentException("attend: statistics tell at most 2^24 positions apart, got N="
                    + p.queries() + ", M=" + p.keys() + "; use weights() for parts of them");
        }
        AttentionOutput result = room(query, p.valueWidth());
        int queries = result.lse().elements();
        if ((long) queries * Math.max(request.topKeys(), request.offsets().length) > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("attend: " + request.topKeys() + " top keys and "
                    + request.offsets().length + " offsets for each of " + queries
                    + " queries do not fit one array (2^31 - 9); ask for fewer");
        }
        Statistics.Results results = Statistics.Results.of(p, request.topKeys(), request.offsets());
        Statistics.run(p, result.output(), result.lse(), results);
        return new AttentionStatistics.Result(result, AttentionStatistics.of(results));
    }

    /**
     * Exact gradients of a loss with respect to query, key and value (and the sinks and the score's parameter, if there
     * are), given its gradient with respect to the output. Recomputes the weights from lse; memory O(N + M).
     *
     * @param result what {@link #apply} returned for the same query, key and value
     * @param dOutput [B, Hq, N, Dv]
     */
    public AttentionGradients gradients(
            Tensor query, Tensor key, Tensor value, AttentionOutput result, Tensor dOutput) {
        Backward.Pass pass = pass(query, key, value, result, dOutput);
        Backward.run(pass);
        Tensor dSink = sink == null ? null : Tensor.of(Backward.sink(pass, sink), sink.length);
        return ScoreInputs.gradients(score, query, key, pass, dSink);
    }

    /**
     * The gradients of query, key and value alone, into tensors of the caller, which are overwritten: of their shapes, last
     * stride 1. As those of {@link #applyInto} they must not share memory with each other or with anything that is read.
     *
     * @throws IllegalArgumentException if the score does not compare queries and keys as they are: only scaled dot products, dot
     *     products and custom rules do
     */
    public void gradientsInto(
            Tensor query,
            Tensor key,
            Tensor value,
            AttentionOutput result,
            Tensor dOutput,
            Tensor dQuery,
            Tensor dKey,
            Tensor dValue) {
        if (!ScoreInputs.comparesAsTheyAre(score)) {
            throw new IllegalArgumentException("attend: gradients of "
                    + score.getClass().getSimpleName() + " scores have no room to be written into; use gradients()");
        }
        checkInputs(query, key, value);
        requireLike("dQuery", dQuery, query);
        requireLike("dKey", dKey, key);
        requireLike("dValue", dValue, value);
        Tensor output = result.output();
        Tensor lse = result.lse();
        Apart.check("attend", "dQuery", dQuery, query, key, value, bias, output, lse, dOutput, dKey, dValue);
        Apart.check("attend", "dKey", dKey, query, key, value, bias, output, lse, dOutput, dValue);
        Apart.check("attend", "dValue", dValue, query, key, value, bias, output, lse, dOutput);
        Backward.run(pass(query, key, value, result, dOutput, dQuery, dKey, dValue));
    }

    /** True if {@link #gradientsInto} may be called. */
    public boolean comparesAsTheyAre() {
        return ScoreInputs.comparesAsTheyAre(score);
    }

    private static void requireLike(String name, Tensor gradient, Tensor of) {
        check("attend: " + name + " must have the shape of what it is the gradient of", gradient, of.shape());
        if (gradient.stride(-1) != 1 && gradient.size(-1) > 1) {
            throw new IllegalArgumentException(
                    "attend: the last axis of " + name + " must have stride 1, got " + gradient.stride(-1));
        }
    }

    /**
     * The gradient with respect to the bias, of the bias's own shape: summed over the axes that it repeats. Costs another
     * two matrix products per tile, so it is asked for apart.
     *
     * @throws IllegalStateException if this description has no bias
     */
    public Tensor biasGradient(Tensor query, Tensor key, Tensor value, AttentionOutput result, Tensor dOutput) {
        if (bias == null) {
            throw new IllegalStateException("attend: a bias gradient needs a bias; this description has none");
        }
        Backward.Pass pass = pass(query, key, value, result, dOutput);
        int[] four = {1, 1, 1, 1};
        System.arraycopy(bias.shape(), 0, four, 4 - bias.rank(), bias.rank());
        Tensor dBias = Tensor.zeros(four);
        Backward.bias(pass, dBias);
        return dBias.reshape(bias.shape());
    }

    /**
     * The gradient with respect to the scale, from the other gradients: a score is linear in the query (dot products), in v
     * (additive) or in 1/τ (cosine), so Σ x·dx = scale · dScale.
     *
     * @param gradients what {@link #gradients} returned for the same query, key and value
     */
    public float scaleGradient(Tensor query, Tensor key, Tensor value, AttentionGradients gradients) {
        checkInputs(query, key, value);
        int[] scores = scores(query, key);
        double factor = terms(scores, query.size(3)).scale() == 0 ? 0 : scaleFor(query.size(3));
        if (factor == 0) {
            throw new IllegalArgumentException("attend: the gradient of a scale of 0 is not kept; use a small scale");
        }
        check("attend: dQuery must be of the query's shape", gradients.dQuery(), query.shape());
        Tensor dScore = gradients.dScore();
        if (dScore == null && !ScoreInputs.comparesAsTheyAre(score)) {
            throw new IllegalArgumentException(
                    "attend: the gradient of the scale of " + score.getClass().getSimpleName()
                            + " scores needs dScore, got none; pass what gradients() returned");
        }
        double sum = 0;
        if (score instanceof Score.Additive additive && dScore != null) {
            float[] v = additive.v().toArray();
            for (int i = 0; i < v.length; i++) {
                sum += (double) v[i] * dScore.array()[i];
            }
        } else if (score instanceof Score.Cosine cosine && dScore != null) {
            sum = -cosine.temperature() * dScore.array()[0];
        } else {
            sum = ScoreInputs.dot(query, gradients.dQuery());
        }
        return (float) (sum / factor);
    }

    private Backward.Pass pass(Tensor query, Tensor key, Tensor value, AttentionOutput result, Tensor dOutput) {
        checkInputs(query, key, value);
        int[] shape = query.shape();
        shape[3] = key.size(3); // what stands in for a query is as wide as a key
        Tensor dQuery = Tensor.zeros(shape);
        return pass(query, key, value, result, dOutput, dQuery, Tensor.zeros(key.shape()), Tensor.zeros(value.shape()));
    }

    private Backward.Pass pass(
            Tensor query,
            Tensor key,
            Tensor value,
            AttentionOutput result,
            Tensor dOutput,
            Tensor dQuery,
            Tensor dKey,
            Tensor dValue) {
        Problem p = problem(query, key, value);
        checkLse(result.lse(), p);
        checkOutput("output", result.output(), p);
        checkOutput("dOutput", dOutput, p);
        return new Backward.Pass(
                p,
                rows(result.output()),
                result.lse(),
                rows(dOutput),
                dQuery,
                dKey,
                dValue,
                new double[p.terms().additive() == null ? 0 : p.heads() * p.width()]);
    }

    /**
     * Recomputes a tile of weights, exp(score − lse), for one head: never N×M unless all rows and columns are asked for.
     *
     * @return [queryTo − queryFrom, keyTo − keyFrom]; hidden keys have weight 0
     */
    public Tensor weights(
            Tensor query,
            Tensor key,
            Tensor lse,
            int batch,
            int head,
            int queryFrom,
            int queryTo,
            int keyFrom,
            int keyTo) {
        AttentionMap.Tile tile = new AttentionMap.Tile(batch, head, queryFrom, queryTo, keyFrom, keyTo);
        return weights(problem(query, key, key), lse, tile);
    }

    static Tensor weights(Problem problem, Tensor lse, AttentionMap.Tile tile) {
        checkPart("batch", tile.batch(), tile.batch() + 1L, problem.batches());
        checkPart("head", tile.head(), tile.head() + 1L, problem.heads());
        checkPart("queries", tile.queryFrom(), tile.queryTo(), problem.queries());
        checkPart("keys", tile.keyFrom(), tile.keyTo(), problem.keys());
        checkLse(lse, problem);
        Tensor weights = Tensor.zeros(tile.queryTo() - tile.queryFrom(), tile.keyTo() - tile.keyFrom());
        Weights.run(problem, lse, tile.batch(), tile.head(), tile.queryFrom(), tile.keyFrom(), weights);
        return weights;
    }

    private static void checkPart(String what, int from, long to, int size) {
        if (from < 0 || from > to || to > size) {
            throw new IndexOutOfBoundsException("attend: weights of " + what + " " + from + ".." + to
                    + " were asked for; they must lie within 0.." + size + ", the end excluded");
        }
    }

    /** Checks the shapes once, here at the door, and resolves everything that depends on them. */
    Problem problem(Tensor query, Tensor key, Tensor value) {
        checkInputs(query, key, value);
        int[] scores = scores(query, key);
        return new Problem(
                rows(ScoreInputs.query(score, query)),
                rows(ScoreInputs.key(score, key)),
                rows(value),
                mask.resolve(scores[0], scores[1], scores[2], scores[3]),
                terms(scores, query.size(3)));
    }

    private void checkInputs(Tensor query, Tensor key, Tensor value) {
        requireRank4("query", "[B, Hq, N, D]", query);
        requireRank4("key", "[B, Hkv, M, D]", key);
        requireRank4("value", "[B, Hkv, M, Dv]", value);
        if (query.size(0) != key.size(0) || key.size(0) != value.size(0)) {
            throw mismatch("query, key and value must have the same batch size B", query, key, value);
        }
        checkWidths(query, key, value);
        if (Math.max(query.size(2), key.size(2)) > Problem.MOST_ROWS
                || Math.max(key.size(3), Math.max(query.size(3), value.size(3))) > Problem.WIDEST) {
            throw mismatch(
                    "N and M must be at most " + Problem.MOST_ROWS + ", D and Dv at most " + Problem.WIDEST,
                    query,
                    key,
                    value);
        }
        if (key.size(2) != value.size(2)) {
            throw mismatch("value rows must equal key rows M", query, key, value);
        }
        if (key.size(1) != value.size(1)) {
            throw mismatch("key and value must have the same number of heads Hkv", query, key, value);
        }
        int heads = query.size(1);
        int keyHeads = key.size(1);
        if (keyHeads == 0 ? heads != 0 : heads % keyHeads != 0) {
            throw mismatch("query heads Hq must be a multiple of key heads Hkv", query, key, value);
        }
    }

    /** The widths of query and key, and the parameter's shape, must suit the score. */
    private void checkWidths(Tensor query, Tensor key, Tensor value) {
        int heads = query.size(1);
        if (score instanceof Score.Bilinear bilinear) {
            Tensor w = bilinear.w();
            if (w.size(-2) != query.size(3) || w.size(-1) != key.size(3) || w.rank() == 3 && w.size(0) != heads) {
                throw mismatch(
                        "W of the bilinear score must be [D, Dk] or [Hq, D, Dk], is " + w.describe(),
                        query,
                        key,
                        value);
            }
            return;
        }
        if (query.size(3) != key.size(3)) {
            throw mismatch("query and key must have the same width D", query, key, value);
        }
        if (score instanceof Score.Additive additive) {
            Tensor v = additive.v();
            if (v.size(-1) != query.size(3) || v.rank() == 2 && v.size(0) != heads) {
                throw mismatch("v of the additive score must be [A] or [Hq, A], is " + v.describe(), query, key, value);
            }
        }
    }

    private ScoreTerms terms(int[] scores, int width) {
        checkPerHead("alibi", alibi, scores[1]);
        checkPerHead("sink", sink, scores[1]);
        float factor = scaleFor(width);
        if (score instanceof Score.Cosine cosine) {
            float scaled = (float) (factor / cosine.temperature());
            if (Float.isInfinite(scaled)) {
                throw new IllegalArgumentException(
                        "attend: the scale over the cosine's temperature must be finite, got " + factor + " / "
                                + cosine.temperature());
            }
            factor = scaled;
        }
        ScoreRule rule = score instanceof Score.Custom custom ? custom.rule() : null;
        Tensor additive = score instanceof Score.Additive given ? ScoreInputs.perHead(given.v(), 2, scores[1]) : null;
        return new ScoreTerms(factor, softcap, broadcastBias(scores), alibi, sink, rule, additive);
    }

    /** The factor of the comparison for queries of a width. */
    float scaleFor(int width) {
        if (!Float.isNaN(scale)) {
            return scale;
        }
        boolean scaled = score instanceof Score.ScaledDotProduct || score instanceof Score.Custom;
        return scaled ? (float) (1 / Math.sqrt(Math.max(1, width))) : 1;
    }

    /** How queries and keys are compared. */
    Score rule() {
        return score;
    }

    /** Kernels read rows of neighbouring numbers: a tensor whose last axis is strided is copied once. */
    static Tensor rows(Tensor tensor) {
        return tensor.stride(3) == 1 || tensor.size(3) == 1 ? tensor : tensor.contiguous();
    }

    private @Nullable Tensor broadcastBias(int[] scores) {
        if (bias == null) {
            return null;
        }
        try {
            return bias.broadcastTo(scores);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("attend: each axis of the bias must be 1 or that of [B, Hq, N, M] = "
                    + Arrays.toString(scores) + ", got " + bias.describe());
        }
    }

    private static void checkPerHead(String what, float @Nullable [] values, int heads) {
        if (values != null && values.length != heads) {
            throw new IllegalArgumentException(
                    "attend: " + what + " needs one value per query head, Hq=" + heads + ", got " + values.length);
        }
    }

    private static void requireRank4(String name, String axes, Tensor tensor) {
        if (tensor.rank() != 4) {
            throw new IllegalArgumentException(
                    "attend: " + name + " must have axes " + axes + ", got shape " + tensor.describe());
        }
    }

    private static void checkOutput(String name, Tensor output, Problem p) {
        check(
                "attend: " + name + " must be [B, Hq, N, Dv]",
                output,
                p.batches(),
                p.heads(),
                p.queries(),
                p.valueWidth());
    }

    private static void checkLse(Tensor lse, Problem p) {
        check("attend: lse must be [B, Hq, N]", lse, p.batches(), p.heads(), p.queries());
    }

    private static void check(String rule, Tensor tensor, int... shape) {
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new IllegalArgumentException(rule + " = " + Arrays.toString(shape) + ", got " + tensor.describe());
        }
    }

    private static IllegalArgumentException mismatch(String rule, Tensor query, Tensor key, Tensor value) {
        return new IllegalArgumentException("attend: " + rule + ", got query " + query.describe() + ", key "
                + key.describe() + ", value " + value.describe());
    }
}
