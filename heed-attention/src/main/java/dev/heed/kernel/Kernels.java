package dev.heed.kernel;

/**
 * Which arithmetic runs: the Vector API at the CPU's own width, or plain Java. Chosen once, when this class is loaded;
 * both give the same bits, so the choice is one of speed only.
 *
 * <p>Vector kernels need {@code --add-modules jdk.incubator.vector} on the command line and 4, 8 or 16 float lanes: tiles are 32
 * wide, two vectors of the widest.
 * {@code -Dheed.kernels=scalar} or {@code =vector} forces a choice.
 */
public final class Kernels {
    private static final boolean VECTOR = chooseVector();
    private static final String NAME = VECTOR ? "vector-" + Lanes.COUNT : "scalar";

    private Kernels() {}

    /** {@code vector-16}, {@code vector-8}, {@code vector-4} (lanes of float32) or {@code scalar}. */
    public static String name() {
        return NAME;
    }

    static boolean vector() {
        return VECTOR;
    }

    private static boolean chooseVector() {
        String forced = System.getProperty("heed.kernels", "auto");
        boolean readable = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        return switch (forced) {
            case "scalar" -> false;
            case "auto" -> readable && Lanes.COUNT >= 4 && Lanes.COUNT <= 16;
            case "vector" -> {
                if (!readable) {
                    throw new IllegalArgumentException(
                            "heed.kernels: vector kernels need --add-modules jdk.incubator.vector on the java command line");
                }
                yield true;
            }
            default ->
                throw new IllegalArgumentException(
                        "heed.kernels: the property must be auto, vector or scalar, got '" + forced + "'");
        };
    }
}
