package dev.heed.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** How fast this machine reads so many bytes again and again: from a cache if they fit into it, else from memory. */
final class ReadBandwidth implements Floor.Part {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final int L = F.length();
    /** Independent sums hide the latency of the additions. */
    private static final int UNROLL = 8;
    /** Bytes read per try: 5 to 25 ms, so that short interruptions miss some tries. */
    private static final long BYTES_PER_TRY = 1L << 30;

    private static final int TRIES = 12;

    private final float[] values;

    /** Sums land here, so that reading is not for nothing. */
    private volatile float sink;

    ReadBandwidth(long bytes) {
        int step = UNROLL * L;
        values = new float[Math.toIntExact(bytes / Float.BYTES / step * step)];
    }

    /** Bytes per second of {@code threads} threads together, each reading its own part of {@code bytes}. */
    static double measure(long bytes, int threads) {
        ReadBandwidth[] own = new ReadBandwidth[threads];
        for (int t = 0; t < threads; t++) {
            own[t] = new ReadBandwidth(bytes / threads);
        }
        long passes = Math.max(1, BYTES_PER_TRY / bytes);
        double seconds = Together.fastest(TRIES, threads, thread -> own[thread].run(passes));
        return (double) Float.BYTES * own[0].values.length * threads * passes / seconds;
    }

    @Override
    public void run(long passes) {
        float sum = 0;
        for (long pass = 0; pass < passes; pass++) {
            sum += sum(values);
        }
        sink = sum;
    }

    private static float sum(float[] values) {
        FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (int i = 0; i < values.length; i += UNROLL * L) {
            s0 = s0.add(FloatVector.fromArray(F, values, i));
            s1 = s1.add(FloatVector.fromArray(F, values, i + L));
            s2 = s2.add(FloatVector.fromArray(F, values, i + 2 * L));
            s3 = s3.add(FloatVector.fromArray(F, values, i + 3 * L));
            s4 = s4.add(FloatVector.fromArray(F, values, i + 4 * L));
            s5 = s5.add(FloatVector.fromArray(F, values, i + 5 * L));
            s6 = s6.add(FloatVector.fromArray(F, values, i + 6 * L));
            s7 = s7.add(FloatVector.fromArray(F, values, i + 7 * L));
        }
        FloatVector all = s0.add(s1).add(s2.add(s3)).add(s4.add(s5).add(s6.add(s7)));
        return all.lane(0);
    }
}
