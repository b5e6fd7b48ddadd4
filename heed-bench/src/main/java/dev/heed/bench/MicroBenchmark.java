package dev.heed.bench;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.bench.rival.AttentionCase;
import dev.heed.bench.rival.AttentionCase.Work;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Heed's forward pass alone, by JMH: for work on the kernel, where one number moves and profilers ({@code -prof perfasm})
 * help. Comparisons with rivals are paired and made by {@link Paired}.
 *
 * <p>{@code ./bench micro -p tokens=1024 -p causal=true -p threads=1}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class MicroBenchmark {
    /** N and M. */
    @Param({"128", "1024"})
    public int tokens;

    /** D. */
    @Param("64")
    public int width;

    /** With the causal mask. */
    @Param({"false", "true"})
    public boolean causal;

    /** The caller included. */
    @Param("1")
    public int threads;

    private Attention attention = Attention.scaledDotProduct();
    private AttentionCase.Inputs inputs = AttentionCase.decode(1, 1, 1).inputs();
    private Tensor output = Tensor.zeros(0);
    private Tensor lse = output;

    @Setup
    public void prepare() {
        AttentionCase question = AttentionCase.square(Work.FORWARD, tokens, width, causal);
        attention = causal ? attention.mask(Mask.causalTopLeft()) : attention;
        inputs = question.inputs();
        output = Tensor.zeros(1, question.heads(), tokens, width);
        lse = Tensor.zeros(1, question.heads(), tokens);
    }

    @Benchmark
    public Tensor forward() {
        return Workers.with(threads, () -> {
            attention.applyInto(inputs.query(), inputs.key(), inputs.value(), output, lse);
            return output;
        });
    }
}
