package dev.heed.model;

import dev.heed.model.arch.Network.Cut;
import dev.heed.model.checkpoint.Config;
import dev.heed.tensor.Tensor;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What {@code preprocessor_config.json} asks for: resizing to the model's size, pixels from 0 to 1, normed by channel; then
 * cut into patches. Where the file is absent, ViT's usual values hold: bilinear, mean and deviation 0.5.
 *
 * <pre>{@code
 * PictureReader reader = PictureReader.read(folder, viewer.cut());
 * Tensor patches = reader.patches(List.of(Picture.read(Path.of("cat.png"))));
 * }</pre>
 */
public final class PictureReader {
    private final Cut cut;
    private final Resize resize;
    private final boolean resizes;
    private final double factor;
    private final List<Double> mean;
    private final List<Double> deviation;

    private PictureReader(Config config, Cut cut) {
        this.cut = cut;
        if (cut.channels() != 1 && cut.channels() != 3) {
            throw new IllegalArgumentException(
                    "run: num_channels of a model of pictures must be 1 or 3, got " + cut.channels());
        }
        resizes = config.booleanOr("do_resize", true);
        resize = config.intOr("resample", 2, 2, 3) == 2 ? Resize.BILINEAR : Resize.BICUBIC;
        factor = config.booleanOr("do_rescale", true) ? config.doubleOr("rescale_factor", 1.0 / 255, 0, 1e6) : 1;
        boolean norms = config.booleanOr("do_normalize", true);
        mean = channels(config, "image_mean", norms, 0.5, 0);
        deviation = channels(config, "image_std", norms, 0.5, 1);
        if (config.booleanOr("do_center_crop", false)) {
            throw config.error("do_center_crop", "must be false; true is not supported");
        }
    }

    /**
     * What a model's folder asks for.
     *
     * @param cut how the model's pictures become patches
     */
    public static PictureReader read(Path folder, Cut cut) {
        return new PictureReader(Config.readPreprocessor(folder), cut);
    }

    private List<Double> channels(Config config, String key, boolean norms, double absent, double without) {
        List<Double> given = norms ? config.doubles(key, -1e6, 1e6) : List.of();
        if (given.isEmpty()) {
            Double[] same = new Double[cut.channels()];
            Arrays.fill(same, norms ? absent : without);
            return List.of(same);
        }
        if (given.size() != cut.channels() || (key.equals("image_std") && given.contains(0.0))) {
            throw config.error(
                    key, "must be one number per channel, " + cut.channels() + ", none of them a deviation of 0");
        }
        return given;
    }

    /** The class token, then patches labelled by row and column. */
    Tokens tokens(Picture picture) {
        List<Token> all = new ArrayList<>(cut.tokens());
        all.add(token("[CLS]", true));
        for (int row = 0; row < cut.rows(); row++) {
            for (int column = 0; column < cut.columns(); column++) {
                all.add(token(row + "," + column, false));
            }
        }
        return new Tokens(picture.name(), null, all);
    }

    private static Token token(String label, boolean special) {
        return new Token(0, label, label, special, special ? -1 : 0, 0, 0, 0, 0, 0, -1);
    }

    /** [pictures·P, channels·height·width]. */
    public Tensor patches(List<Picture> pictures) {
        int perPicture = cut.tokens() - 1;
        Tensor patches = Tensor.zeros(pictures.size() * perPicture, cut.numbers());
        for (int i = 0; i < pictures.size(); i++) {
            for (int channel = 0; channel < cut.channels(); channel++) {
                cut(plane(pictures.get(i), channel), channel, patches, i * perPicture);
            }
        }
        return patches;
    }

    private void cut(int[] plane, int channel, Tensor patches, int firstRow) {
        int h = cut.patchHeight();
        int w = cut.patchWidth();
        float[] to = patches.array();
        for (int y = 0; y < cut.rows() * h; y++) {
            for (int x = 0; x < cut.columns() * w; x++) {
                int row = firstRow + y / h * cut.columns() + x / w;
                int at = row * cut.numbers() + (channel * h + y % h) * w + x % w;
                to[at] = (float) ((plane[y * cut.width() + x] * factor - mean.get(channel)) / deviation.get(channel));
            }
        }
    }

    /** One channel in the model's size, 0 to 255. */
    private int[] plane(Picture picture, int channel) {
        int[] plane = new int[picture.width() * picture.height()];
        for (int y = 0, at = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                plane[at++] = cut.channels() == 3 ? picture.channel(x, y, channel) : grey(picture, x, y);
            }
        }
        if (picture.width() == cut.width() && picture.height() == cut.height()) {
            return plane;
        }
        if (!resizes) {
            throw new IllegalArgumentException(
                    "run: " + picture.name() + ": the picture must have " + cut.width() + " × "
                            + cut.height() + " pixels because preprocessor_config.json has do_resize false, got "
                            + picture.width()
                            + " × " + picture.height());
        }
        return resize.apply(plane, picture.width(), picture.height(), cut.width(), cut.height());
    }

    /** Luma of ITU-R 601-2 in the whole numbers that Pillow uses. */
    private static int grey(Picture picture, int x, int y) {
        int sum = picture.channel(x, y, 0) * 19595 + picture.channel(x, y, 1) * 38470 + picture.channel(x, y, 2) * 7471;
        return (sum + 0x8000) >> 16;
    }
}
