package dev.heed.attention;

import com.sun.management.ThreadMXBean;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * A program that calls attention until a call allocates little more than its results (of a cosine: and queries and keys of
 * length 1), and prints that, or what a call still allocates after twenty seconds of processor time at whose beginning the
 * compilers had nothing left to do: on a busy machine C2 may get a small part of what this thread gets, and until it is done
 * every vector is boxed. A vector that C2 boxes costs 96 bytes each time, megabytes a call.
 */
final class WarmAllocation {
    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int HEADS = 4;
    private static final int TOKENS = 256;
    private static final int WIDTH = 64;
    private static final int CALLS = 20;
    private static final long RESULTS = 4L * HEADS * TOKENS * WIDTH;
    /** Tensors and masks of a call, and what the JVM itself allocates beside. */
    private static final long BESIDE = 100_000;

    private static final long PATIENCE_CPU_NANOS = 20_000_000_000L;
    /** How often it is worth waiting for the compilers; one that never rests compiles the same again and again. */
    private static final int WAITS = 15;

    private static final Pattern NO_WORK =
            Pattern.compile("Current compiles:\\s+C1 compile queue:\\s+Empty\\s+C2 compile queue:\\s+Empty\\s*");

    private WarmAllocation() {}

    public static void main(String[] args) {
        Random random = new Random(1);
        Tensor query = numbers(random);
        Tensor key = numbers(random);
        Tensor value = numbers(random);
        Tensor dOutput = numbers(random);
        Attention full = Attention.scaledDotProduct();
        Attention causal = full.mask(Mask.causalTopLeft());
        AttentionOutput result = causal.apply(query, key, value);
        print("full", RESULTS, () -> full.apply(query, key, value));
        print("causal", RESULTS, () -> causal.apply(query, key, value));
        print("backward", 3 * RESULTS, () -> causal.gradients(query, key, value, result, dOutput));
        Attention cosine = causal.score(Score.cosine(0.1));
        AttentionOutput ofCosine = cosine.apply(query, key, value);
        print("cosine backward", 5 * RESULTS, () -> cosine.gradients(query, key, value, ofCosine, dOutput));
    }

    private static Tensor numbers(Random random) {
        return Tensors.random(random, 1, 1, HEADS, TOKENS, WIDTH);
    }

    private static void print(String what, long results, Supplier<Object> call) {
        long beside = settled(results, call);
        boolean late = true;
        for (int i = 0; beside > BESIDE && late && i < WAITS; i++) {
            late = compilersWork();
            beside = settled(results, call);
        }
        System.out.println(what + (beside > BESIDE ? " " + beside : " little"));
    }

    /** What a call allocates beside its results as soon as that is little, else at the end of patience. */
    private static long settled(long results, Supplier<Object> call) {
        long start = THREAD.getCurrentThreadCpuTime();
        long beside;
        do {
            long before = THREAD.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                Workers.with(1, call::get);
            }
            beside = (THREAD.getCurrentThreadAllocatedBytes() - before) / CALLS - results;
        } while (beside > BESIDE && THREAD.getCurrentThreadCpuTime() - start < PATIENCE_CPU_NANOS);
        return beside;
    }

    private static boolean compilersWork() {
        try {
            ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
            Object queues = ManagementFactory.getPlatformMBeanServer().invoke(commands, "compilerQueue", null, null);
            return !NO_WORK.matcher(queues.toString()).matches();
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }
}
