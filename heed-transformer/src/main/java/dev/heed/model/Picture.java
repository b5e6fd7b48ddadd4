package dev.heed.model;

import dev.heed.text.IoFailure;
import dev.heed.text.Visible;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * A picture for a model that looks at patches.
 *
 * <pre>{@code
 * Run run = model.run(Picture.read(Path.of("cat.png")));
 * }</pre>
 */
public final class Picture {
    /** No larger side is read: a file of a few bytes can claim any size. */
    private static final int LARGEST_SIDE = 1 << 14;

    /** Nor more pixels than that: 256 MB once decoded. */
    private static final long MOST_PIXELS = 1 << 26;

    /** Java reads others, too, which no model was trained on and few have tested against bad files. */
    private static final Set<String> FORMATS = Set.of("png", "jpeg");

    private final String name;
    private final int width;
    private final int height;
    private final int[] rgb;

    private Picture(String name, int width, int height, int[] rgb) {
        this.name = name;
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /**
     * A picture of these pixels.
     *
     * @param rgb 0xRRGGBB row by row
     */
    public static Picture of(int width, int height, int... rgb) {
        requireSize("Picture", width, height);
        if (rgb.length != width * height) {
            throw new IllegalArgumentException(
                    "Picture: " + width + " × " + height + " pixels are needed, got " + rgb.length);
        }
        return new Picture("picture", width, height, rgb.clone());
    }

    /**
     * Reads a PNG or JPEG file; pixels have the colours that the file gives, transparent ones too.
     *
     * @throws IllegalArgumentException if it is no such picture or too large
     * @throws UncheckedIOException if it cannot be read
     */
    public static Picture read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(file + ": no such picture; expected a PNG or JPEG file");
        }
        try (ImageInputStream in = open(file)) {
            ImageReader reader = reader(file, in);
            try {
                reader.setInput(in, true, true);
                requireSize(file.toString(), reader.getWidth(0), reader.getHeight(0));
                return of(file, reader.read(0));
            } finally {
                reader.dispose();
            }
        } catch (IOException | IndexOutOfBoundsException | IllegalStateException damaged) {
            throw new IllegalArgumentException(
                    file + ": is damaged: " + Visible.escape(String.valueOf(damaged.getMessage())), damaged);
        }
    }

    private static ImageInputStream open(Path file) {
        try {
            return new FileImageInputStream(file.toFile());
        } catch (IOException e) {
            throw IoFailure.cannot(file, "read", e);
        }
    }

    private static ImageReader reader(Path file, ImageInputStream in) throws IOException {
        for (Iterator<ImageReader> readers = ImageIO.getImageReaders(in); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
                return reader;
            }
        }
        throw new IllegalArgumentException(file + ": must be a PNG or JPEG picture, but is of another kind");
    }

    private static Picture of(Path file, BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        boolean grey = image.getRaster().getNumBands() <= 2 && !(image.getColorModel() instanceof IndexColorModel);
        int[] rgb = grey ? greys(image) : image.getRGB(0, 0, width, height, null, 0, width);
        return new Picture(file.getFileName().toString(), width, height, rgb);
    }

    /** Grey values as they stand in the file; {@link BufferedImage#getRGB} would take them for linear light and brighten them. */
    private static int[] greys(BufferedImage image) {
        int[] rgb = new int[image.getWidth() * image.getHeight()];
        int most = (1 << image.getSampleModel().getSampleSize(0)) - 1;
        for (int y = 0, at = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                rgb[at++] = image.getRaster().getSample(x, y, 0) * 255 / most * 0x010101;
            }
        }
        return rgb;
    }

    private static void requireSize(String who, int width, int height) {
        if (width < 1
                || height < 1
                || width > LARGEST_SIDE
                || height > LARGEST_SIDE
                || (long) width * height > MOST_PIXELS) {
            throw new IllegalArgumentException(who + ": pictures must have 1 to " + LARGEST_SIDE + " pixels a side and "
                    + MOST_PIXELS + " in all, got " + width + " × " + height);
        }
    }

    /** The file's name. */
    public String name() {
        return name;
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** A pixel's red (0), green (1) or blue (2), 0 to 255. */
    public int channel(int x, int y, int channel) {
        return rgb[y * width + x] >> (16 - 8 * channel) & 0xFF;
    }
}
