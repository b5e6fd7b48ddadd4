package dev.heed.attention;

import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One description and its tensors, used by many threads at once: some are interrupted, some call attention within a call. */
class ConcurrentCallsTest {
    private static final int CALLS = 60;

    private final Tensor query = Tensors.random(1, 1, 4, 300, 32);
    private final Tensor key = Tensors.random(2, 1, 2, 300, 32);
    private final Attention causal = Attention.scaledDotProduct().mask(Mask.causalTopLeft());
    private final Attention nested = causal.mask(Mask.elements((b, h, i, j) -> i != 7 || j != 3 || inner()));

    private record Results(AttentionOutput attention, AttentionGradients gradients) {}

    /** True, after a call of its own. */
    private boolean inner() {
        Tensor some = query.slice(2, 0, 40);
        return causal.apply(some, some, some).lse().get(0, 0, 0) > Float.NEGATIVE_INFINITY;
    }

    private Results results(Attention attention) {
        AttentionOutput result = attention.apply(query, key, key);
        return new Results(result, attention.gradients(query, key, key, result, query));
    }

    private Callable<Results> call(int number) {
        return () -> {
            if (number % 7 == 0) {
                Thread.currentThread().interrupt();
            }
            return Workers.with(1 + number % 4, () -> results(number % 3 == 0 ? nested : causal));
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void callsFromManyThreadsHaveTheBitsOfOne(boolean virtual) throws Exception {
        Results expected = Workers.with(1, () -> results(causal));
        try (ExecutorService threads =
                virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(8)) {
            List<Future<Results>> futures = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                futures.add(threads.submit(call(i)));
            }
            for (Future<Results> future : futures) {
                Results actual = future.get();
                Bits.assertSame(actual.attention, expected.attention);
                Bits.assertSame("dQuery", actual.gradients.dQuery(), expected.gradients.dQuery());
                Bits.assertSame("dKey", actual.gradients.dKey(), expected.gradients.dKey());
                Bits.assertSame("dValue", actual.gradients.dValue(), expected.gradients.dValue());
            }
        }
    }
}
