package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What views say of their memory, against the places of all their elements. */
class TensorTest {
    private static final float[] MEMORY = new float[60];

    private record View(Tensor tensor, int[] strides) {
        /** Of any strides, negative and 0 among them, and now and then empty. */
        static View draw(Random random) {
            while (true) {
                int[] shape = random.ints(random.nextInt(4), 1, 5).toArray();
                int[] strides = random.ints(shape.length, -5, 13).toArray();
                if (shape.length > 0 && random.nextInt(9) == 0) {
                    shape[random.nextInt(shape.length)] = 0;
                }
                try {
                    return new View(Tensor.view(MEMORY, random.nextInt(60), shape, strides), strides);
                } catch (IllegalArgumentException e) {
                    // some element lies outside: another one
                }
            }
        }

        BitSet places() {
            BitSet places = new BitSet();
            int[] at = new int[tensor.rank()];
            for (int i = 0; i < tensor.elements(); i++) {
                int rest = i;
                for (int axis = at.length - 1; axis >= 0; axis--) {
                    at[axis] = rest % tensor.size(axis);
                    rest /= tensor.size(axis);
                }
                places.set(tensor.index(at));
            }
            return places;
        }

        @Override
        public String toString() {
            return tensor.offset() + " " + tensor.describe() + Arrays.toString(strides);
        }
    }

    @Test
    void whatSharesAPlaceIsNeverSaidToLieApart() {
        Random random = new Random(60_000);
        int apart = 0;
        for (int i = 0; i < 100_000; i++) {
            View a = View.draw(random);
            View b = View.draw(random);
            boolean mayOverlap = a.tensor.mayOverlap(b.tensor);
            assertThat(mayOverlap || !a.places().intersects(b.places()))
                    .as("%s and %s", a, b)
                    .isTrue();
            apart += mayOverlap ? 0 : 1;
        }
        assertThat(apart).isGreaterThan(50_000);
    }

    @Test
    void whatRepeatsAPlaceIsNeverSaidNotTo() {
        Random random = new Random(61_000);
        int unique = 0;
        for (int i = 0; i < 100_000; i++) {
            View a = View.draw(random);
            boolean mayRepeat = a.tensor.mayRepeat();
            assertThat(mayRepeat || a.places().cardinality() == a.tensor.elements())
                    .as("%s", a)
                    .isTrue();
            unique += mayRepeat ? 0 : 1;
        }
        assertThat(unique).isGreaterThan(30_000);
        assertThat(Tensor.zeros(2, 3, 4).transpose(0, 2).slice(1, 0, 2).mayRepeat())
                .isFalse();
        assertThat(Tensor.zeros(1).broadcastTo(1 << 16, 1 << 16, 0).mayRepeat()).isFalse();
    }
}
