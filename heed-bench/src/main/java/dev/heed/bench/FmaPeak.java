package dev.heed.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast this machine multiplies and adds float32: a register tile of 12 rows × 2 vectors over data in the first-level
 * cache, the shape that reaches the limit with AVX-512 (KERNEL.md measured every shape). A product counts two operations.
 *
 * <p>Per step of k: two vector loads, twelve broadcasts, 24 fused multiply-adds.
 */
final class FmaPeak implements Floor.Part {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final int L = F.length();
    private static final int ROWS = 12;
    /** Keeps a (6 KB) and b (16 KB with 16 lanes) in a first-level cache of 32 KB. */
    private static final int DEPTH = 128;
    /** Of one step. */
    static final double OPERATIONS = 2.0 * ROWS * 2 * L * DEPTH;
    /** About 10 ms a try at 280 GFLOP/s, so that short interruptions miss some tries. */
    private static final int STEPS = 28_000;

    private static final int TRIES = 12;

    private final float[] a = new float[DEPTH * ROWS];
    private final float[] b = new float[DEPTH * 2 * L];
    private final float[] c = new float[ROWS * 2 * L];

    /** Operations per second of {@code threads} threads together. */
    static double measure(int threads) {
        FmaPeak[] own = new FmaPeak[threads];
        for (int t = 0; t < threads; t++) {
            own[t] = new FmaPeak();
        }
        return OPERATIONS * STEPS * threads / Together.fastest(TRIES, threads, thread -> own[thread].run(STEPS));
    }

    @Override
    public void run(long steps) {
        for (long step = 0; step < steps; step++) {
            tile(a, b, c);
        }
    }

    /** c [12, 2L] = aᵀ [12, K] · b [K, 2L], a stored [K, 12]. */
    private static void tile(float[] a, float[] b, float[] c) {
        FloatVector p0 = FloatVector.zero(F), q0 = p0;
        FloatVector p1 = FloatVector.zero(F), q1 = p1;
        FloatVector p2 = FloatVector.zero(F), q2 = p2;
        FloatVector p3 = FloatVector.zero(F), q3 = p3;
        FloatVector p4 = FloatVector.zero(F), q4 = p4;
        FloatVector p5 = FloatVector.zero(F), q5 = p5;
        FloatVector p6 = FloatVector.zero(F), q6 = p6;
        FloatVector p7 = FloatVector.zero(F), q7 = p7;
        FloatVector p8 = FloatVector.zero(F), q8 = p8;
        FloatVector p9 = FloatVector.zero(F), q9 = p9;
        FloatVector p10 = FloatVector.zero(F), q10 = p10;
        FloatVector p11 = FloatVector.zero(F), q11 = p11;
        for (int k = 0; k < DEPTH; k++) {
            FloatVector x = FloatVector.fromArray(F, b, k * 2 * L);
            FloatVector y = FloatVector.fromArray(F, b, k * 2 * L + L);
            int row = k * ROWS;
            FloatVector s = FloatVector.broadcast(F, a[row]);
            p0 = s.fma(x, p0);
            q0 = s.fma(y, q0);
            s = FloatVector.broadcast(F, a[row + 1]);
            p1 = s.fma(x, p1);
            q1 = s.fma(y, q1);
            s = FloatVector.broadcast(F, a[row + 2]);
            p2 = s.fma(x, p2);
            q2 = s.fma(y, q2);
            s = FloatVector.broadcast(F, a[row + 3]);
            p3 = s.fma(x, p3);
            q3 = s.fma(y, q3);
            s = FloatVector.broadcast(F, a[row + 4]);
            p4 = s.fma(x, p4);
            q4 = s.fma(y, q4);
            s = FloatVector.broadcast(F, a[row + 5]);
            p5 = s.fma(x, p5);
            q5 = s.fma(y, q5);
            s = FloatVector.broadcast(F, a[row + 6]);
            p6 = s.fma(x, p6);
            q6 = s.fma(y, q6);
            s = FloatVector.broadcast(F, a[row + 7]);
            p7 = s.fma(x, p7);
            q7 = s.fma(y, q7);
            s = FloatVector.broadcast(F, a[row + 8]);
            p8 = s.fma(x, p8);
            q8 = s.fma(y, q8);
            s = FloatVector.broadcast(F, a[row + 9]);
            p9 = s.fma(x, p9);
            q9 = s.fma(y, q9);
            s = FloatVector.broadcast(F, a[row + 10]);
            p10 = s.fma(x, p10);
            q10 = s.fma(y, q10);
            s = FloatVector.broadcast(F, a[row + 11]);
            p11 = s.fma(x, p11);
            q11 = s.fma(y, q11);
        }
        p0.intoArray(c, 0);
        q0.intoArray(c, L);
        p1.intoArray(c, 2 * L);
        q1.intoArray(c, 3 * L);
        p2.intoArray(c, 4 * L);
        q2.intoArray(c, 5 * L);
        p3.intoArray(c, 6 * L);
        q3.intoArray(c, 7 * L);
        p4.intoArray(c, 8 * L);
        q4.intoArray(c, 9 * L);
        p5.intoArray(c, 10 * L);
        q5.intoArray(c, 11 * L);
        p6.intoArray(c, 12 * L);
        q6.intoArray(c, 13 * L);
        p7.intoArray(c, 14 * L);
        q7.intoArray(c, 15 * L);
        p8.intoArray(c, 16 * L);
        q8.intoArray(c, 17 * L);
        p9.intoArray(c, 18 * L);
        q9.intoArray(c, 19 * L);
        p10.intoArray(c, 20 * L);
        q10.intoArray(c, 21 * L);
        p11.intoArray(c, 22 * L);
        q11.intoArray(c, 23 * L);
    }
}
