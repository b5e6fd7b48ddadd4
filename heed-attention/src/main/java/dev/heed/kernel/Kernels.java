package dev.heed.kernel;

import org.jspecify.annotations.Nullable;

/**
 * Which arithmetic runs: the Vector API at the CPU's own width, or plain Java. Chosen once, when this class is loaded;
 * both give the same bits, so the choice is one of speed only.
 *
 * <p>Vector kernels need {@code --add-modules jdk.incubator.vector} on the command line and 4, 8 or 16 float lanes: tiles are 32
 * wide, two vectors of the widest.
 * {@code -Dheed.kernels=scalar} or {@code =vector} forces a choice.
 */
public final class Kernels {
    private static final String WANTED = System.getProperty("heed.kernels", "auto");
    private static final boolean READABLE =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    private static final boolean VECTOR = READABLE
            && switch (WANTED) {
                case "vector" -> true;
                case "auto" -> Lanes.COUNT >= 4 && Lanes.COUNT <= 16;
                default -> false;
            };
    private static final String NAME = VECTOR ? "vector-" + Lanes.COUNT : "scalar";
    private static final @Nullable String WRONG = wrong();

    private Kernels() {}

    /** {@code vector-16}, {@code vector-8}, {@code vector-4} (lanes of float32) or {@code scalar}. */
    public static String name() {
        check();
        return NAME;
    }

    static boolean vector() {
        return VECTOR;
    }

    /** Refuses a wrong property whenever something is computed: thrown while classes are made, it would be told but once. */
    static void check() {
        if (WRONG != null) {
            throw new IllegalArgumentException("heed.kernels: " + WRONG);
        }
    }

    private static @Nullable String wrong() {
        return switch (WANTED) {
            case "auto", "scalar" -> null;
            case "vector" ->
                READABLE ? null : "vector kernels need --add-modules jdk.incubator.vector on the java command line";
            default -> "the property must be auto, vector or scalar, got '" + WANTED + "'";
        };
    }
}
