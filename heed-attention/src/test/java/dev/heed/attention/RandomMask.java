package dev.heed.attention;

import java.util.Arrays;
import java.util.Random;

/** Draws one mask of any kind that fits the sizes, and writes down what it drew. */
final class RandomMask {
    private final Random random;
    private final int batches;
    private final int heads;
    private final int queries;
    private final int keys;

    private RandomMask(Random random, int batches, int heads, int queries, int keys) {
        this.random = random;
        this.batches = batches;
        this.heads = heads;
        this.queries = queries;
        this.keys = keys;
    }

    static Mask draw(Random random, int batches, int heads, int queries, int keys, StringBuilder name) {
        return new RandomMask(random, batches, heads, queries, keys).draw(name);
    }

    private Mask draw(StringBuilder name) {
        int left = random.nextInt(keys + 2);
        int right = random.nextInt(5);
        int[] some = perBatch(keys + 2);
        String given = Arrays.toString(some);
        return switch (random.nextInt(12)) {
            case 0 -> named(name, "causalTopLeft", Mask.causalTopLeft());
            case 1 -> named(name, "causalBottomRight", Mask.causalBottomRight());
            case 2 -> {
                int[] offsets = Arrays.stream(some).map(at -> at - 3).toArray();
                yield named(name, "causalAt " + Arrays.toString(offsets), Mask.causalAt(offsets));
            }
            case 3 -> named(name, "windowTopLeft " + left + " " + right, Mask.windowTopLeft(left, right));
            case 4 -> named(name, "windowBottomRight " + left + " " + right, Mask.windowBottomRight(left, right));
            case 5 -> named(name, "windowAt " + left + " " + right + " " + given, Mask.windowAt(left, right, some));
            case 6 -> named(name, "lengths " + given, Mask.lengths(some));
            case 7 -> named(name, "startsAt " + given, Mask.startsAt(some));
            case 8 -> named(name, "prefix " + given, Mask.prefix(some));
            case 9 -> queries == keys ? documents(name) : named(name, "none", Mask.none());
            case 10 -> dense(name);
            default -> {
                int odd = 1 + random.nextInt(7);
                yield named(
                        name, "elements " + odd, Mask.elements((b, h, i, j) -> (b + 3 * h + 5 * i + 7 * j) % 11 > odd));
            }
        };
    }

    private static Mask named(StringBuilder name, String mask, Mask made) {
        name.append(", ").append(mask);
        return made;
    }

    private int[] perBatch(int bound) {
        int[] values = new int[random.nextBoolean() ? 1 : batches];
        Arrays.setAll(values, b -> random.nextInt(bound));
        return values;
    }

    private Mask documents(StringBuilder name) {
        int[] lengths = new int[1 + random.nextInt(4)];
        int left = keys;
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = random.nextInt(left + 1);
            left -= lengths[i];
        }
        return named(name, "documents " + Arrays.toString(lengths), Mask.documents(lengths));
    }

    private Mask dense(StringBuilder name) {
        int[] shape = {batches, heads, queries, keys};
        int count = keys;
        for (int axis = 0; axis < 3; axis++) {
            shape[axis] = random.nextBoolean() ? 1 : shape[axis];
            count *= shape[axis];
        }
        boolean[] visible = new boolean[count];
        for (int i = 0; i < count; i++) {
            visible[i] = random.nextInt(10) < 7;
        }
        return named(name, "dense " + Arrays.toString(shape), Mask.dense(visible, shape));
    }
}
