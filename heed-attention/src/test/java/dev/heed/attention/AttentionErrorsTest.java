package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.heed.kernel.BlockKind;
import dev.heed.kernel.BlockRule;
import dev.heed.kernel.ElementMask;
import dev.heed.kernel.ScoreRule;
import dev.heed.tensor.Tensor;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is wrong is said at the door, in one sentence: rule, expected, got. */
class AttentionErrorsTest {
    private static final Attention ATTENTION = Attention.scaledDotProduct();

    private static Tensor zeros(int... shape) {
        return Tensor.zeros(shape);
    }

    private static void says(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }

    private static void attend(Attention attention, int[] query, int[] key, int[] value) {
        attention.apply(zeros(query), zeros(key), zeros(value));
    }

    private static int[] s(int... shape) {
        return shape;
    }

    @Test
    void everyAxisIsChecked() {
        says(
                () -> attend(ATTENTION, s(2, 3, 4), s(1, 1, 2, 4), s(1, 1, 2, 4)),
                "attend: query must have axes [B, Hq, N, D], got shape [2, 3, 4]");
        says(
                () -> attend(ATTENTION, s(1, 1, 2, 4), s(2, 4), s(1, 1, 2, 4)),
                "attend: key must have axes [B, Hkv, M, D], got shape [2, 4]");
        says(
                () -> attend(ATTENTION, s(1, 1, 2, 4), s(1, 1, 2, 4), s()),
                "attend: value must have axes [B, Hkv, M, Dv], got shape []");
        says(
                () -> attend(ATTENTION, s(2, 1, 2, 4), s(1, 1, 2, 4), s(1, 1, 2, 4)),
                "attend: query, key and value must have the same batch size B,"
                        + " got query [2, 1, 2, 4], key [1, 1, 2, 4], value [1, 1, 2, 4]");
        says(
                () -> attend(ATTENTION, s(1, 1, 2, 4), s(1, 1, 2, 5), s(1, 1, 2, 4)),
                "attend: query and key must have the same width D,"
                        + " got query [1, 1, 2, 4], key [1, 1, 2, 5], value [1, 1, 2, 4]");
        says(
                () -> attend(ATTENTION, s(1, 1, 2, 4), s(1, 1, 12, 4), s(1, 1, 11, 4)),
                "attend: value rows must equal key rows M,"
                        + " got query [1, 1, 2, 4], key [1, 1, 12, 4], value [1, 1, 11, 4]");
        says(
                () -> attend(ATTENTION, s(1, 4, 2, 4), s(1, 2, 2, 4), s(1, 4, 2, 4)),
                "attend: key and value must have the same number of heads Hkv,"
                        + " got query [1, 4, 2, 4], key [1, 2, 2, 4], value [1, 4, 2, 4]");
        says(
                () -> attend(ATTENTION, s(1, 3, 2, 4), s(1, 2, 2, 4), s(1, 2, 2, 4)),
                "attend: query heads Hq must be a multiple of key heads Hkv,"
                        + " got query [1, 3, 2, 4], key [1, 2, 2, 4], value [1, 2, 2, 4]");
        says(
                () -> attend(ATTENTION, s(1, 1, 2, 4), s(1, 0, 2, 4), s(1, 0, 2, 4)),
                "attend: query heads Hq must be a multiple of key heads Hkv,"
                        + " got query [1, 1, 2, 4], key [1, 0, 2, 4], value [1, 0, 2, 4]");
    }

    /** Views that repeat one number may have sizes that no array has. */
    @Test
    void sizesThatAnIntCannotCountWithAreRefused() {
        Tensor one = Tensor.full(1, 1, 1, 1, 1);
        String sizes = "attend: N and M must be at most 2147418111, D and Dv at most 16777215, got ";
        Tensor many = one.broadcastTo(1, 1, Integer.MAX_VALUE, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.apply(one, many, many))
                .withMessageStartingWith(sizes);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.apply(many, one, one))
                .withMessageStartingWith(sizes);
        Tensor wide = one.broadcastTo(1, 1, 1, 1 << 24);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.apply(wide, wide, one))
                .withMessageStartingWith(sizes);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.apply(one, one, wide))
                .withMessageStartingWith(sizes);
        int half = 46_341; // its square is more than an int
        says(
                () -> ATTENTION
                        .mask(Mask.lengths(new int[half]))
                        .apply(
                                one.broadcastTo(half, 1, half, 1),
                                one.broadcastTo(half, 1, 1, 1),
                                one.broadcastTo(half, 1, 1, 1)),
                "Mask: the bounds of all queries must fit one array (2^31 - 9), got B=46341, N=46341; split the batch");
    }

    @Test
    void theDescriptionMustFitTheShapes() {
        int[] query = s(2, 4, 3, 8);
        int[] key = s(2, 2, 5, 8);
        says(
                () -> attend(ATTENTION.bias(zeros(3, 4)), query, key, key),
                "attend: each axis of the bias must be 1 or that of [B, Hq, N, M] = [2, 4, 3, 5], got [3, 4]");
        says(
                () -> attend(ATTENTION.bias(zeros(1, 2, 4, 3, 5)), query, key, key),
                "attend: each axis of the bias must be 1 or that of [B, Hq, N, M] = [2, 4, 3, 5], got [1, 2, 4, 3, 5]");
        says(
                () -> attend(ATTENTION.alibi(1, 2), query, key, key),
                "attend: alibi needs one value per query head, Hq=4, got 2");
        says(
                () -> attend(ATTENTION.sink(), query, key, key),
                "attend: sink needs one value per query head, Hq=4, got 0");
        says(
                () -> attend(ATTENTION.mask(Mask.lengths(1, 2, 3)), query, key, key),
                "Mask.lengths: one value for all sequences or one for each of B=2, got 3");
        says(
                () -> attend(ATTENTION.mask(Mask.documents(1, 2)), query, key, key),
                "Mask.documents: lengths sum to 3, which needs as many queries and keys, got N=3, M=5");
        says(
                () -> attend(ATTENTION.mask(Mask.dense(new boolean[8], 2, 4)), query, key, key),
                "Mask.dense: each axis must be 1 or that of [B, Hq, N, M] = [2, 4, 3, 5], got [1, 1, 2, 4]");
    }

    @Test
    void parametersAreCheckedWhereTheyAreGiven() {
        says(() -> ATTENTION.scale(Double.NaN), "Attention.scale: the factor must be finite as a float, got NaN");
        says(() -> ATTENTION.scale(1e39), "Attention.scale: the factor must be finite as a float, got 1.0E39");
        says(() -> ATTENTION.softcap(-1), "Attention.softcap: the cap must be 0 or a positive, finite float, got -1.0");
        says(
                () -> ATTENTION.softcap(1e39),
                "Attention.softcap: the cap must be 0 or a positive, finite float, got 1.0E39");
        says(
                () -> ATTENTION.softcap(1e-50),
                "Attention.softcap: the cap must be 0 or a positive, finite float, got 1.0E-50");
        says(
                () -> ATTENTION.softcap(Double.POSITIVE_INFINITY),
                "Attention.softcap: the cap must be 0 or a positive, finite float, got Infinity");
        says(() -> Mask.lengths(), "Mask.lengths: at least one value is needed, got none");
        says(() -> Mask.lengths(3, -1), "Mask.lengths: values must not be negative, got [3, -1]");
        says(() -> Mask.causalAt(), "Mask: at least one offset is needed, got none");
        says(() -> Mask.windowTopLeft(-1, 2), "Mask.window: values must not be negative, got [-1, 2]");
        says(
                () -> Mask.dense(new boolean[3], 2, 2),
                "Mask.dense: the values must fill a shape of at most 4 axes, shape [2, 2] needs 4, got 3");
        says(
                () -> Mask.visibleKeys(new int[] {1}, new int[] {2, 3}),
                "Mask.visibleKeys: one from and one to per sequence, got 1 and 2");
        says(
                () -> Mask.dense(new boolean[0], 1 << 16, 1 << 16, 1 << 16, 1 << 16),
                "Mask.dense: the values must fill a shape of at most 4 axes, shape [65536, 65536, 65536, 65536]"
                        + " needs 9223372036854710272, got 0");
        says(
                () -> Mask.documents(Integer.MAX_VALUE, 5),
                "Mask.documents: lengths sum to 2147483652, more positions than one array holds (2^31 - 9)");
        Tensor some = zeros(1, 1, 2, 4);
        AttentionOutput result = ATTENTION.apply(some, some, some);
        says(
                () -> ATTENTION.bias(zeros(1, 1, 1, 1, 1)).biasGradient(some, some, some, result, some),
                "attend: each axis of the bias must be 1 or that of [B, Hq, N, M] = [1, 1, 2, 2], got [1, 1, 1, 1, 1]");
        says(
                () -> ATTENTION.score(Score.cosine(1e-30)).scale(1e30).apply(some, some, some),
                "attend: the scale over the cosine's temperature must be finite, got 1.0E30 / 1.0E-30");
    }

    /** Against the annotations, and where it is given: not in a kernel, later. */
    @Test
    @SuppressWarnings("NullAway")
    void nothingIsRefusedWhereItIsGiven() {
        ElementMask visible = (b, h, i, j) -> true;
        BlockRule kinds = (b, h, i0, i1, j0, j1) -> BlockKind.FULL;
        ScoreRule.Function same = (s, b, h, i, j) -> s;
        needs(() -> Mask.elements(null), "Mask.elements: a rule is needed, got null");
        needs(() -> Mask.blocks(null, visible), "Mask.blocks: a rule of blocks is needed, got null");
        needs(() -> Mask.blocks(kinds, null), "Mask.blocks: a rule of elements is needed, got null");
        needs(() -> Score.custom(null), "Score.custom: a rule is needed, got null");
        needs(() -> ScoreRule.of(null, same), "ScoreRule.of: a function for the score is needed, got null");
        needs(() -> ScoreRule.of(same, null), "ScoreRule.of: a function for its slope is needed, got null");
        needs(() -> ATTENTION.score(null), "Attention.score: a rule is needed, got null");
        needs(() -> ATTENTION.bias(null), "Attention.bias: a tensor is needed, got null");
    }

    private static void needs(ThrowingCallable call, String message) {
        assertThatNullPointerException().isThrownBy(call).withMessage(message);
    }

    @Test
    void viewsSayWhatLiesOutside() {
        Tensor tensor = zeros(2, 3, 4);
        assertThat(catchThrowable(() -> tensor.select(0, 5)))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("Tensor.select: index 5 of axis 0 of [2, 3, 4] must be at least 0 and below 2");
        assertThat(catchThrowable(() -> tensor.copyTo(new float[30], 7)))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("Tensor.copyTo: the 24 elements of [2, 3, 4] must fit between 7 and the end of the target,"
                        + " which has 30");
        Tensor repeated = zeros(1).broadcastTo(100_000, 100_000);
        assertThat(repeated).hasToString("[100000, 100000]");
        assertThat(repeated.isContiguous()).isFalse();
    }

    @Test
    void resultsMustHaveTheRightShapeAndMemoryOfTheirOwn() {
        Tensor query = zeros(1, 2, 3, 4);
        Tensor key = zeros(1, 2, 5, 4);
        Tensor lse = zeros(1, 2, 3);
        says(
                () -> ATTENTION.applyInto(query, key, key, zeros(1, 2, 3, 5), lse),
                "attend: output must be [B, Hq, N, Dv] = [1, 2, 3, 4], got [1, 2, 3, 5]");
        says(
                () -> ATTENTION.applyInto(query, key, key, zeros(1, 2, 3, 4), zeros(1, 2, 4)),
                "attend: lse must be [B, Hq, N] = [1, 2, 3], got [1, 2, 4]");
        says(
                () -> ATTENTION.applyInto(query, key, key, query, lse),
                "attend: output must not share memory with what is read or with the other result, got output"
                        + " [1, 2, 3, 4] in the memory of a tensor [1, 2, 3, 4]; write to a tensor of its own");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.applyInto(query, key, key, key.slice(2, 1, 4), lse));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.applyInto(query, key, key, zeros(1, 2, 3, 4), query.select(3, 0)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.applyInto(query, key, key, zeros(1).broadcastTo(1, 2, 3, 4), lse))
                .withMessageContaining("got [1, 2, 3, 4] with strides [0, 0, 0, 0]");
        Tensor windows = Tensor.view(new float[24], 0, s(1, 2, 3, 4), s(24, 12, 2, 1)); // rows of 4, but 2 apart
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.applyInto(query, key, key, windows, lse))
                .withMessageStartingWith("attend: each element of output must have its own place in memory");
        Tensor w = zeros(4, 4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION
                        .score(Score.bilinear(w))
                        .applyInto(
                                query,
                                key,
                                key,
                                zeros(1, 2, 3, 4),
                                Tensor.of(w.array(), 16).slice(0, 0, 6).reshape(1, 2, 3)))
                .withMessageStartingWith("attend: lse must not share memory");
        Tensor v = zeros(4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION
                        .score(Score.additive(v))
                        .applyInto(
                                query, key, key, zeros(1, 2, 3, 4), Tensor.view(v.array(), 0, s(1, 1, 3), s(3, 3, 1))));
        AttentionOutput result = ATTENTION.apply(query, key, key);
        Tensor like = zeros(1, 2, 5, 4);
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> ATTENTION.gradientsInto(query, key, key, result, query, zeros(1, 2, 3, 4), like, like))
                .withMessageStartingWith("attend: dKey must not share memory");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ATTENTION.gradientsInto(query, key, key, result, query, query, like, key))
                .withMessageStartingWith("attend: dQuery must not share memory");
        says(
                () -> ATTENTION.gradientsInto(query, key, key, result, query, zeros(), like, like),
                "attend: dQuery must have the shape of what it is the gradient of = [1, 2, 3, 4], got []");
        says(
                () -> ATTENTION.gradientsInto(
                        query, key, key, result, query, zeros(1, 2, 4, 3).transpose(2, 3), like, like),
                "attend: the last axis of dQuery must have stride 1, got 3");
    }

    @Test
    void neighboursInOneArrayAreNoOverlap() {
        float[] memory = new float[100];
        Tensor query = Tensor.view(memory, 0, s(1, 1, 3, 4), s(12, 12, 4, 1));
        Tensor key = Tensor.view(memory, 12, s(1, 1, 5, 4), s(20, 20, 4, 1));
        Tensor output = Tensor.view(memory, 32, s(1, 1, 3, 4), s(12, 12, 4, 1));
        Tensor lse = Tensor.view(memory, 44, s(1, 1, 3), s(3, 3, 1));
        ATTENTION.applyInto(query, key, key, output, lse);
        assertThat(lse.get(0, 0, 0)).isEqualTo((float) Math.log(5));
    }

    /** Heads of queries, keys, values and results side by side in rows; an lse behind each row of the results. */
    @Test
    void whatLiesInTurnsIsNoOverlap() {
        Tensor packed = Tensors.random(1, 1, 6, 4, 2, 8); // [B, N, 4, H, D]
        Tensor[] part = new Tensor[4];
        for (int i = 0; i < 4; i++) {
            part[i] = packed.select(2, i).transpose(1, 2);
        }
        Tensor expected = ATTENTION.apply(part[0], part[1], part[2]).output();
        ATTENTION.applyInto(part[0], part[1], part[2], part[3], zeros(1, 2, 6));
        assertThat(part[3].toArray()).isEqualTo(expected.toArray());
        Tensor both = zeros(1, 2, 6, 9);
        ATTENTION.applyInto(part[0], part[1], part[2], both.slice(3, 0, 8), both.select(3, 8));
        assertThat(both.slice(3, 0, 8).toArray()).isEqualTo(expected.toArray());
        Tensor x = packed.slice(1, 0, 4);
        assertThat(x.mayOverlap(packed.slice(1, 3, 6))).isTrue();
        assertThat(packed.slice(4, 0, 5).mayOverlap(packed.slice(4, 4, 8))).isTrue();
        assertThat(packed.slice(4, 0, 4).mayOverlap(packed.slice(4, 4, 8))).isFalse();
        assertThat(Tensor.view(packed.array(), 0, s(3, 2), s(1, 1))
                        .mayOverlap(Tensor.view(packed.array(), 3, s(2), s(4))))
                .isTrue();
    }

    @Test
    void tilesOfWeightsMustLieInside() {
        Tensor query = zeros(1, 2, 3, 4);
        Tensor key = zeros(1, 1, 5, 4);
        Tensor lse = zeros(1, 2, 3);
        for (int[] t : new int[][] {{1, 0, 0, 3, 0, 5}, {0, 2, 0, 3, 0, 5}, {0, 0, 0, 4, 0, 5}, {0, 0, 0, 3, 2, 6}}) {
            assertThat(catchThrowable(() -> ATTENTION.weights(query, key, lse, t[0], t[1], t[2], t[3], t[4], t[5])))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageStartingWith("attend: weights of ");
        }
    }
}
