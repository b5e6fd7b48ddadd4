package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operation by operation, the vector tile gives the bits of the scalar one. */
class TileTest {
    private static final int Q = Tile.QUERIES;
    private static final int[] ROWS = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128};
    private static final float[] SPECIAL = {
        0f,
        -0f,
        Float.MIN_VALUE,
        1e-40f,
        3e38f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        -104f,
        -87.4f
    };
    private static final Tile SCALAR = new ScalarTile();

    @BeforeEach
    void vectorsAreThere() {
        assumeTrue(
                ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
                "jdk.incubator.vector is not readable");
    }

    /** Runs an operation on copies of the same arrays with both tiles, and compares all that it left. */
    private static void same(String what, Arrays arrays, Operation operation) {
        Arrays scalar = arrays.copy();
        Arrays vector = arrays.copy();
        boolean scalarAnswer = operation.run(SCALAR, scalar);
        boolean vectorAnswer = operation.run(new VectorTile(), vector);
        assertThat(vectorAnswer).as(what + ": answer").isEqualTo(scalarAnswer);
        for (int i = 0; i < scalar.floats.length; i++) {
            for (int at = 0; at < scalar.floats[i].length; at++) {
                if (Float.floatToIntBits(scalar.floats[i][at]) != Float.floatToIntBits(vector.floats[i][at])) {
                    throw new AssertionError(what + ": array " + i + " element " + at + ": vector "
                            + vector.floats[i][at] + ", scalar " + scalar.floats[i][at]);
                }
            }
        }
        assertThat(vector.bits).as(what + ": visibility").isEqualTo(scalar.bits);
    }

    @FunctionalInterface
    private interface Operation {
        boolean run(Tile tile, Arrays arrays);
    }

    private record Arrays(float[][] floats, int[] bits) {
        Arrays copy() {
            float[][] copies = new float[floats.length][];
            for (int i = 0; i < copies.length; i++) {
                copies[i] = floats[i].clone();
            }
            return new Arrays(copies, bits.clone());
        }
    }

    private static void each(Consumer<Shape> law) {
        for (int seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            int width = 1 + random.nextInt(70);
            Shape shape = new Shape(
                    seed,
                    random,
                    ROWS[random.nextInt(ROWS.length)],
                    width,
                    width + random.nextInt(4),
                    random.nextInt(5));
            try {
                law.accept(shape);
            } catch (AssertionError e) {
                throw new AssertionError(shape + ": " + e.getMessage(), e);
            }
        }
    }

    private record Shape(int seed, Random random, int rows, int width, int stride, int at) {
        float[] matrix() {
            return floats(at + rows * stride + 1, 0);
        }

        float[] floats(int count, int specialOneIn) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = specialOneIn > 0 && random.nextInt(specialOneIn) == 0
                        ? SPECIAL[random.nextInt(SPECIAL.length)]
                        : 4 * (float) random.nextGaussian();
            }
            return values;
        }

        @Override
        public String toString() {
            return "seed " + seed + ": rows " + rows + ", width " + width + ", stride " + stride + ", at " + at;
        }
    }

    private static Arrays arrays(float[]... floats) {
        return new Arrays(floats, new int[0]);
    }

    @Test
    void scores() {
        each(s ->
                same("scores", arrays(s.matrix(), s.floats(s.width * Q, 0), s.floats(s.rows * Q + Q, 0)), (tile, a) -> {
                    tile.scores(a.floats[0], s.at, s.stride, s.rows, s.width, a.floats[1], a.floats[2]);
                    return true;
                }));
    }

    @Test
    void mixTakesFromEachPartWhatItSees() {
        each(s -> {
            int width = 16 * (1 + s.random.nextInt(9));
            int stride = width + s.random.nextInt(4);
            int[] from = new int[Tile.PARTS];
            int[] to = new int[Tile.PARTS];
            for (int part = 0; part < Tile.PARTS; part++) {
                from[part] = s.random.nextInt(s.rows + 1);
                to[part] = s.random.nextInt(s.rows + 1); // may be none
            }
            float[] values = s.floats(s.at + s.rows * stride + 1, 0);
            int weightsAt = s.random.nextInt(50);
            float[] weights = s.floats(weightsAt + s.rows * Q, 0);
            for (int i = 0; i < s.rows * Q; i++) {
                int part = i % Q / Tile.PART;
                if (i / Q < from[part] || i / Q >= to[part]) {
                    weights[weightsAt + i] = 0;
                }
            }
            int rowLength = Tile.padded(width) + 32 * s.random.nextInt(2);
            float[] mixture = s.floats(s.at + Q * rowLength, 0);
            same("mix of " + width + " columns", arrays(values, weights, mixture), (tile, a) -> {
                tile.mix(
                        a.floats[0],
                        s.at,
                        stride,
                        from,
                        to,
                        width,
                        a.floats[1],
                        weightsAt,
                        a.floats[2],
                        s.at,
                        rowLength);
                return true;
            });
        });
    }

    @Test
    void accumulate() {
        each(s -> {
            int width = 32 * (1 + s.random.nextInt(4));
            int from = s.random.nextInt(2 * Q);
            int to = from + s.random.nextInt(2 * Q - from + 1);
            int row = s.random.nextInt(3);
            float[] first = s.floats((row + s.rows) * Q, 0);
            float[] second = s.floats((row + s.rows) * Q, 0);
            float[] x = s.floats(2 * Q * width, 0);
            float[] sums = s.floats(s.at + s.rows * width + 1, 0);
            same("accumulate " + from + " to " + to, arrays(first, second, x, sums), (tile, a) -> {
                float[][] scores = {a.floats[0], a.floats[1]};
                tile.accumulate(scores, row, s.rows, from, to, a.floats[2], width, a.floats[3], s.at);
                return true;
            });
        });
    }

    @Test
    void dots() {
        each(s -> {
            int size = s.width * Q;
            same("dots", arrays(s.floats(size, 30), s.floats(size, 30), s.floats(Q, 0)), (tile, a) -> {
                tile.dots(a.floats[0], a.floats[1], s.width, a.floats[2]);
                return true;
            });
        });
    }

    @Test
    void softcapWithEverySpecialNumber() {
        each(s -> same("softcap", arrays(s.floats(s.rows * Q, 4)), (tile, a) -> {
            tile.softcap(a.floats[0], s.rows, 1.7f);
            return true;
        }));
    }

    @Test
    void join() {
        each(s -> {
            int columns = s.seed % 2 == 0 ? 16 : 32;
            int stride = columns + s.random.nextInt(100);
            float[] o = s.floats(s.at + stride * Q, 9);
            same("join", arrays(o, s.floats(Q, 0), s.floats(32 * Q, 9)), (tile, a) -> {
                tile.join(a.floats[0], s.at, stride, columns, a.floats[1], a.floats[2]);
                return true;
            });
        });
    }

    @Test
    void scale() {
        each(s -> {
            int width = 32 * (1 + s.random.nextInt(4));
            float[] factors = s.floats(Q, 0);
            for (int q = 0; q < Q; q += 3) {
                factors[q] = 1;
            }
            same("scale", arrays(s.floats(width * Q, 9), factors), (tile, a) -> {
                tile.scale(a.floats[0], width, a.floats[1]);
                return true;
            });
        });
    }

    @Test
    void scaleRows() {
        each(s -> {
            int rows = Math.min(s.rows, Q);
            float[] to = s.floats(s.at + Q * (s.width + 3), 0);
            same("scaleRows", arrays(s.floats(s.at + s.rows * s.stride + 1, 9), s.floats(Q, 0), to), (tile, a) -> {
                tile.scaleRows(a.floats[0], s.at, s.stride, a.floats[1], rows, s.width, a.floats[2], s.at, s.width + 3);
                return true;
            });
        });
    }

    @Test
    void lseOfSumsOfEverySize() {
        each(s -> {
            float[] sum = s.floats(Q, s.seed % 3 == 0 ? 20 : 0);
            for (int q = 0; q < Q; q++) {
                sum[q] = Math.abs(sum[q]) * (float) Math.exp(s.random.nextInt(60) - 40);
            }
            sum[s.random.nextInt(Q)] = s.seed % 5 == 0 ? 0 : Float.MIN_VALUE;
            same("lse", arrays(s.floats(Q, 9), sum, new float[Q]), (tile, a) -> {
                tile.lse(a.floats[0], a.floats[1], a.floats[2]);
                return true;
            });
        });
    }

    @Test
    void softmaxOverSeveralBlocks() {
        each(s -> {
            float[] first = s.floats(s.rows * Q, 30);
            float[] second = s.floats(s.rows * Q, 0);
            same("softmax", arrays(first, second, new float[Q], new float[Q], new float[Q]), (tile, a) -> {
                Running run = new Running(Tile.QUERIES);
                run.reset();
                tile.softmax(a.floats[0], s.rows, s.at, run, a.floats[0]);
                tile.softmax(a.floats[1], s.rows, s.at + s.rows, run, a.floats[1]);
                System.arraycopy(run.max, 0, a.floats[2], 0, Q);
                System.arraycopy(run.sum, 0, a.floats[3], 0, Q);
                System.arraycopy(run.factor, 0, a.floats[4], 0, Q);
                return true;
            });
        });
    }

    @Test
    void softmaxIntoAnotherArrayKeepsTheScores() {
        each(s -> {
            float[] scores = s.floats(s.rows * Q, 30);
            float[] inPlace = scores.clone();
            float[] apart = new float[scores.length];
            float[] kept = scores.clone();
            Running run = new Running(Tile.QUERIES);
            run.reset();
            new VectorTile().softmax(inPlace, s.rows, s.at, run, inPlace);
            run.reset();
            new VectorTile().softmax(kept, s.rows, s.at, run, apart);
            assertThat(apart).isEqualTo(inPlace);
            assertThat(kept).isEqualTo(scores);
        });
    }

    @Test
    void observationsOfSeveralBlocks() {
        each(s -> {
            int top = 1 + s.random.nextInt(5);
            float[] columns = s.floats((s.at + 2 * s.rows) * Q, 0);
            float[] lse = s.floats(Q, 0);
            Arrays given = arrays(
                    s.floats(s.rows * Q, 30),
                    s.floats(s.rows * Q, 0),
                    columns,
                    new float[Q],
                    new float[Q],
                    new float[top * Q],
                    new float[top * Q]);
            same("observe", given, (tile, a) -> {
                Observation seen = new Observation();
                seen.reset(top, 0, s.at + 2 * s.rows);
                for (int q = 0; q < Q; q++) {
                    seen.lse[q] = lse[q] + 9;
                    seen.position[q] = q - 5;
                }
                for (int block = 0; block < 2; block++) {
                    tile.observe(a.floats[block], s.rows, s.at + block * s.rows, seen, a.floats[2]);
                    tile.enterTop(a.floats[block], s.rows, s.at + block * s.rows, seen);
                }
                System.arraycopy(seen.entropy, 0, a.floats[3], 0, Q);
                System.arraycopy(seen.distance, 0, a.floats[4], 0, Q);
                System.arraycopy(seen.topWeights, 0, a.floats[5], 0, top * Q);
                System.arraycopy(seen.topKeys, 0, a.floats[6], 0, top * Q);
                return true;
            });
        });
    }

    @Test
    void intervalAndHide() {
        each(s -> {
            int[] from = new int[Q];
            int[] to = new int[Q];
            for (int q = 0; q < Q; q++) {
                from[q] = s.random.nextInt(s.rows + 3);
                to[q] = s.random.nextInt(4) == 0 ? Integer.MAX_VALUE : s.random.nextInt(s.rows + 3);
            }
            Arrays given = new Arrays(new float[][] {s.floats(s.rows * Q, 9)}, new int[s.rows]);
            same("hide", given, (tile, a) -> {
                int first = Math.min(s.at, s.rows);
                tile.interval(from, to, s.at, first, s.rows, a.bits);
                tile.hide(a.floats[0], first, s.rows, a.bits);
                return true;
            });
        });
    }

    @Test
    void anyNonFinite() {
        each(s -> {
            float[] values = s.matrix();
            if (s.rows > 0 && s.random.nextBoolean()) {
                int at = s.at + s.random.nextInt(s.rows) * s.stride + s.random.nextInt(s.width);
                values[at] = SPECIAL[4 + s.random.nextInt(4)];
            }
            same(
                    "anyNonFinite",
                    arrays(values),
                    (tile, a) -> tile.anyNonFinite(a.floats[0], s.at, s.stride, s.rows, s.width));
        });
    }
}
