package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Tensor;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SamplerTest {
    @Test
    void topKDrawsWhatIsAsLikelyAsTheLastToo() {
        assertThat(drawn(2, 1)).containsExactly(0, 1, 3);
        assertThat(drawn(1, 1)).containsExactly(0);
        assertThat(drawn(0, 1)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void topPDrawsTheFewestThatReachIt() {
        assertThat(drawn(0, 0.4)).containsExactly(0);
        assertThat(drawn(2, 0.7)).containsExactly(0, 1); // 0.576 and 0.212 of what top-k leaves
    }

    /** Ids that are ever drawn from four tokens, of which the second and the last are as likely. */
    private static Set<Integer> drawn(int topK, double topP) {
        Sampler sampler =
                new Sampler(Generation.Options.sampling(1, 1, 7).topK(topK).topP(topP), 0);
        Set<Integer> ids = new TreeSet<>();
        for (int i = 0; i < 500; i++) {
            ids.add(sampler.pick(Tensor.of(new float[] {2, 1, 0, 1}, 4)));
        }
        return ids;
    }
}
