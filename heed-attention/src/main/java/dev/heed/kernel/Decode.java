package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A few queries against a long cache. All query rows that read one key head go together, so each key and value is read
 * once for the whole group; the cache is split between threads at chunk boundaries and the parts are merged exactly
 * (FlashDecoding). Bound by memory bandwidth; bits equal {@link Forward}'s.
 */
public final class Decode {
    /** Most query rows (query heads of a group × queries) that this is faster for than full tiles of 32. */
    public static final int MOST_ROWS = 16;

    /** Bytes of keys and values of which little is still in the processor when the next query comes. */
    private static final long FAR = 16 << 20;

    private static final int BLOCK = ScoreTile.BLOCK;
    private static final Rows ROWS = Rows.CHOSEN;
    private static final Tile TILE = Tile.CHOSEN;

    private static final PerThread<Decode> OF_THREAD = new PerThread<>(Decode::new);

    private final float[] s = new float[MOST_ROWS * BLOCK];
    private final float[] factor = new float[1];
    private final Fetch fetch = new Fetch();
    private float[] queries = new float[0];
    private float[] keyRoom = new float[0];
    private float[] valueRoom = new float[0];
    /** What one block adds to the mixtures of all rows. */
    private float[] ofBlock = new float[0];

    private Decode() {}

    /** One call: queries [B, Hq, N, D] against pages of B·Hkv heads. */
    public record Call(Tensor query, Pages pages, int keyHeads, Visibility visible, ScoreTerms terms) {
        int rows() {
            return query.size(1) / keyHeads * query.size(2);
        }

        int head(int keyHead, int row) {
            return keyHead % keyHeads * (query.size(1) / keyHeads) + row / query.size(2);
        }

        int queryOf(int row) {
            return row % query.size(2);
        }
    }

    /** What a chunk leaves of each row. */
    private record Part(Running run, float[] mixture) {
        Part(int rows, int width) {
            this(new Running(rows), new float[rows * width]);
        }
    }

    /** Fills output [B, Hq, N, Dv], its last axis of stride 1, and lse [B, Hq, N]. */
    public static void run(Call call, Tensor output, Tensor lse) {
        int chunks = Math.max(1, Math.ceilDiv(call.pages.length(), Forward.CHUNK));
        int keyHeads = call.pages.heads();
        Part[] parts = new Part[keyHeads * chunks];
        long work =
                (long) keyHeads * call.rows() * call.pages.length() * (call.pages.width() + call.pages.valueWidth());
        Workers.run(parts.length, work, task -> {
            Decode own = OF_THREAD.take();
            parts[task] = own.chunk(call, task / chunks, task % chunks);
            OF_THREAD.give(own);
        });
        for (int keyHead = 0; keyHead < keyHeads; keyHead++) {
            Part whole = parts[keyHead * chunks];
            for (int chunk = 1; chunk < chunks; chunk++) {
                merge(whole, parts[keyHead * chunks + chunk], call.pages.valueWidth());
            }
            finish(call, keyHead, whole, output, lse);
        }
    }

    private Part chunk(Call call, int keyHead, int chunk) {
        Part part = new Part(call.rows(), call.pages.valueWidth());
        gatherQueries(call, keyHead);
        int from = chunk * Forward.CHUNK;
        int to = Math.min(call.pages.length(), from + Forward.CHUNK);
        int low = to;
        int high = from;
        for (int r = 0; r < call.rows(); r++) {
            int batch = keyHead / call.keyHeads;
            low = Math.min(low, call.visible.from(batch, call.queryOf(r)));
            high = Math.max(high, Math.min(to, call.visible.to(batch, call.queryOf(r))));
        }
        for (int at = Math.max(from, low) / BLOCK * BLOCK; at < high; at += BLOCK) {
            int end = Math.min(high, at + BLOCK);
            if (!isEmpty(call, keyHead, at, end)) {
                block(call, keyHead, at, end, part);
            }
        }
        return part;
    }

    /** True if an element-wise mask says that no row sees any of the keys: then none is read, and no bit would change. */
    private static boolean isEmpty(Call call, int keyHead, int first, int end) {
        boolean empty = call.visible.blocks() != null;
        for (int r = 0; r < call.rows() && empty; r++) {
            int query = call.queryOf(r);
            int batch = keyHead / call.keyHeads;
            empty = call.visible.kind(batch, call.head(keyHead, r), query, query + 1, first, end) == BlockKind.EMPTY;
        }
        return empty;
    }

    private void gatherQueries(Call call, int keyHead) {
        Tensor query = call.query;
        int width = query.size(3);
        if (queries.length < call.rows() * width) {
            queries = new float[call.rows() * width];
        }
        factor[0] = call.terms.scale();
        for (int r = 0; r < call.rows(); r++) {
            int from = TileRows.at(query, keyHead / call.keyHeads, call.head(keyHead, r), call.queryOf(r));
            TILE.scaleRows(query.array(), from, 0, factor, 1, width, queries, r * width, 0);
        }
    }

    /** Keys [first, end) of one page onto a chunk's part. */
    private void block(Call call, int keyHead, int first, int end, Part part) {
        Pages pages = call.pages;
        int page = first / BLOCK;
        reserve(pages);
        float[] keys = pages.keys(keyHead, page, keyRoom);
        float[] values = pages.values(keyHead, page, valueRoom);
        if (fetches(call)) {
            fetch.lines(keys, pages.keyOffset(keyHead, page), pages.width() * BLOCK);
            fetch.lines(values, pages.valueOffset(keyHead, page), pages.valueWidth() * BLOCK);
        }
        ROWS.scores(keys, pages.keyOffset(keyHead, page), pages.width(), queries, call.rows(), s);
        boolean whole = true;
        boolean holes = call.visible.elements() != null || call.terms.bias() != null;
        for (int r = 0; r < call.rows(); r++) {
            int batch = keyHead / call.keyHeads;
            int from = Math.clamp(call.visible.from(batch, call.queryOf(r)) - first, 0, BLOCK);
            int to = Math.clamp(Math.min(end, call.visible.to(batch, call.queryOf(r))) - first, from, BLOCK);
            addTerms(call, batch, call.head(keyHead, r), call.queryOf(r), r, first, from, to);
            softmax(r, from, to, part.run);
            whole &= from == 0 && to == end - first;
        }
        ofBlock = TileRows.zeros(ofBlock, part.mixture.length);
        int at = pages.valueOffset(keyHead, page);
        if (whole && !holes) {
            ROWS.mix(values, at, 0, end - first, pages.valueWidth(), s, 0, call.rows(), ofBlock);
        } else {
            mixRows(call, keyHead, first, end, values, at, ofBlock);
        }
        join(part, pages.valueWidth());
    }

    /** {@link Tile#join} for the rows of a part. */
    private void join(Part part, int width) {
        for (int r = 0; r * width < part.mixture.length; r++) {
            float factor = part.run.factor[r];
            for (int i = r * width; i < (r + 1) * width; i++) {
                part.mixture[i] = Math.fma(part.mixture[i], factor, ofBlock[i]);
            }
        }
    }

    /**
     * Whether pages are fetched before they are used. The loops for four rows at a time have few lines on their way (16,384
     * keys take a fifth less so); those for one row keep up with memory, and what is near would be read twice.
     */
    private static boolean fetches(Call call) {
        return call.rows() >= 4 && call.pages.storage() == Pages.Storage.FLOAT32 && call.pages.bytes() > FAR;
    }

    private void reserve(Pages pages) {
        if (pages.storage() != Pages.Storage.FLOAT32) {
            int keys = pages.width() * BLOCK;
            int values = pages.valueWidth() * BLOCK;
            keyRoom = keyRoom.length < keys ? new float[keys] : keyRoom;
            valueRoom = valueRoom.length < values ? new float[values] : valueRoom;
        }
    }

    /** Row by row, only over keys that the row sees: 0 · NaN would be NaN. */
    private void mixRows(Call call, int keyHead, int first, int end, float[] values, int at, float[] mixture) {
        int batch = keyHead / call.keyHeads;
        int width = call.pages.valueWidth();
        for (int r = 0; r < call.rows(); r++) {
            int query = call.queryOf(r);
            int from = Math.clamp(call.visible.from(batch, query) - first, 0, BLOCK);
            int to = Math.clamp(Math.min(end, call.visible.to(batch, query)) - first, from, BLOCK);
            int head = call.head(keyHead, r);
            for (int run = from; run < to; ) { // runs of visible keys
                int stop = run;
                while (stop < to && sees(call, batch, head, query, first + stop)) {
                    stop++;
                }
                ROWS.mix(values, at, run, stop, width, s, r, 1, mixture);
                run = stop + 1;
            }
        }
    }

    private static boolean sees(Call call, int batch, int head, int query, int key) {
        return call.visible.visible(batch, head, query, key) && !call.terms.hides(batch, head, query, key);
    }

    /** Rule, softcap, bias, ALiBi and holes of one row, in {@link ScoreTile}'s order and with its operations. */
    private void addTerms(Call call, int batch, int head, int query, int r, int first, int from, int to) {
        ScoreTerms terms = call.terms;
        float @Nullable [] slopes = terms.alibi();
        Tensor bias = terms.bias();
        ScoreRule rule = terms.rule();
        int offset = call.pages.length() - call.query.size(2) + query - first;
        for (int j = from; j < to && !terms.isPlain(); j++) {
            float score = s[r * BLOCK + j];
            if (rule != null && sees(call, batch, head, query, first + j)) {
                score = (float) rule.value(score, batch, head, query, first + j);
            }
            if (terms.softcap() != 0) {
                score = terms.softcap() * Tanh.tanh(score / terms.softcap());
            }
            if (bias != null) {
                score += bias.get(batch, head, query, first + j);
            }
            if (slopes != null) {
                score = Math.fma(-slopes[head], Math.abs(offset - j), score);
            }
            s[r * BLOCK + j] = score;
        }
        boolean holes = call.visible.elements() != null || bias != null;
        for (int j = from; j < to && holes; j++) {
            if (!sees(call, batch, head, query, first + j)) {
                s[r * BLOCK + j] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /** {@link Tile#softmax} for one row: keys outside [from, to) weigh nothing. */
    private void softmax(int r, int from, int to, Running run) {
        int row = r * BLOCK;
        run.rise(r, ROWS.max(s, row + from, row + to, run.max[r]));
        RowMath.CHOSEN.exp(s, row + from, run.base[r], s, row + from, to - from);
        run.sum[r] = Math.fma(run.sum[r], run.factor[r], sum(row, from, to));
    }

    private static void scale(float[] mixture, int at, int width, float factor) {
        for (int i = at; i < at + width && factor != 1; i++) {
            mixture[i] *= factor;
        }
    }

    /** Eight partial sums by key index mod 8, joined as in {@link Tile#softmax}; blocks start at multiples of 8. */
    private float sum(int row, int from, int to) {
        Arrays.fill(s, row + from / 8 * 8, row + from, 0);
        int end = (to + 7) / 8 * 8;
        Arrays.fill(s, row + to, row + end, 0);
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        for (int i = row + from / 8 * 8; i < row + end; i += 8) {
            s0 += s[i];
            s1 += s[i + 1];
            s2 += s[i + 2];
            s3 += s[i + 3];
            s4 += s[i + 4];
            s5 += s[i + 5];
            s6 += s[i + 6];
            s7 += s[i + 7];
        }
        return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
    }

    /** {@link Forward}'s merge of a later chunk into an earlier one. */
    private static void merge(Part whole, Part chunk, int width) {
        whole.run.join(chunk.run);
        for (int i = 0; i < whole.mixture.length; i++) {
            float later = chunk.mixture[i] * chunk.run.factor[i / width];
            whole.mixture[i] = Math.fma(whole.mixture[i], whole.run.factor[i / width], later);
        }
    }

    private static void finish(Call call, int keyHead, Part part, Tensor output, Tensor lse) {
        int batch = keyHead / call.keyHeads;
        int width = call.pages.valueWidth();
        float[] sinks = call.terms.sink();
        Running run = part.run;
        float[] inverse = new float[1];
        for (int r = 0; r < call.rows(); r++) {
            int head = call.head(keyHead, r);
            int query = call.queryOf(r);
            int mixture = r * width;
            if (sinks != null) {
                run.sink(r, sinks[head]);
                scale(part.mixture, mixture, width, run.factor[r]);
            }
            boolean sawNothing = run.sum[r] == 0;
            inverse[0] = sawNothing ? 0 : 1 / run.sum[r];
            lse.set(
                    sawNothing ? Float.NEGATIVE_INFINITY : (float) (run.max[r] + Ln.inDouble(run.sum[r])),
                    batch,
                    head,
                    query);
            int at = TileRows.at(output, batch, head, query);
            TILE.scaleRows(part.mixture, mixture, 0, inverse, 1, width, output.array(), at, 0);
        }
    }
}
