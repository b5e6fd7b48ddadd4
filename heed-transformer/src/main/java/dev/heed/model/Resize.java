package dev.heed.model;

/**
 * Resizing as Pillow does it, which transformers trained with: along rows, then along columns, each rounded to whole numbers
 * from 0 to 255; when a picture shrinks the filter widens, so that no pixel is skipped.
 */
enum Resize {
    BILINEAR(1) {
        @Override
        double filter(double x) {
            return Math.max(0, 1 - Math.abs(x));
        }
    },
    /** Keys 1981 with a = −½. */
    BICUBIC(2) {
        @Override
        double filter(double x) {
            double d = Math.abs(x);
            if (d < 1) {
                return (1.5 * d - 2.5) * d * d + 1;
            }
            return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
        }
    };

    /** Bits behind the point of a weight: 32 less 8 of a pixel less 2 for sums above 1. */
    private static final int BITS = 22;

    private final double support;

    Resize(double support) {
        this.support = support;
    }

    abstract double filter(double x);

    /** Which pixels make a new one, and with which weights. */
    private record Blend(int from, int[] weights) {
        int of(int[] pixels, int at, int step) {
            int sum = 1 << (BITS - 1);
            for (int i = 0; i < weights.length; i++) {
                sum += pixels[at + (from + i) * step] * weights[i];
            }
            return Math.clamp(sum >> BITS, 0, 255);
        }
    }

    /** One channel, row by row. */
    int[] apply(int[] pixels, int width, int height, int newWidth, int newHeight) {
        int[] wide = pixels;
        if (newWidth != width) {
            Blend[] blends = blends(width, newWidth);
            wide = new int[newWidth * height];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < newWidth; x++) {
                    wide[y * newWidth + x] = blends[x].of(pixels, y * width, 1);
                }
            }
        }
        if (newHeight == height) {
            return wide;
        }
        Blend[] blends = blends(height, newHeight);
        int[] resized = new int[newWidth * newHeight];
        for (int y = 0; y < newHeight; y++) {
            for (int x = 0; x < newWidth; x++) {
                resized[y * newWidth + x] = blends[y].of(wide, x, newWidth);
            }
        }
        return resized;
    }

    private Blend[] blends(int size, int newSize) {
        double step = (double) size / newSize;
        double wider = Math.max(1, step);
        double reach = support * wider;
        Blend[] blends = new Blend[newSize];
        for (int i = 0; i < newSize; i++) {
            double centre = (i + 0.5) * step;
            int from = Math.max(0, (int) (centre - reach + 0.5));
            int to = Math.min(size, (int) (centre + reach + 0.5));
            double[] weights = new double[to - from];
            double sum = 0;
            for (int j = 0; j < weights.length; j++) {
                weights[j] = filter((j + from - centre + 0.5) / wider);
                sum += weights[j];
            }
            blends[i] = new Blend(from, fixed(weights, sum));
        }
        return blends;
    }

    private static int[] fixed(double[] weights, double sum) {
        int[] fixed = new int[weights.length];
        for (int j = 0; j < fixed.length; j++) {
            double w = weights[j] / sum * (1 << BITS);
            fixed[j] = (int) (w < 0 ? w - 0.5 : w + 0.5);
        }
        return fixed;
    }
}
