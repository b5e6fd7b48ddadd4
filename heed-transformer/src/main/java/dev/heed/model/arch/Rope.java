package dev.heed.model.arch;

import dev.heed.kernel.Rotary;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.RotaryPositions;
import java.util.List;

/**
 * Rotary positions as config.json describes them: {@code rope_parameters}, or in older files {@code rope_theta} and
 * {@code rope_scaling}.
 *
 * <p>Legend: D rotated width, base {@code rope_theta}, frequency i = base^(−2i/D).
 */
final class Rope {
    private static final double MOST = 1e12;
    private static final String[] KINDS = {"default", "linear", "dynamic", "yarn", "llama3", "longrope"};

    private final Config model;
    private final Config scaling;
    private final double base;
    private final int width;
    private final int trained;

    private Rope(Config model, Config scaling, double base, int width, int trained) {
        this.model = model;
        this.scaling = scaling;
        this.base = base;
        this.width = width;
        this.trained = trained;
    }

    /**
     * @param config of the model
     * @param headWidth D of a head, all of which is rotated
     * @param context {@code max_position_embeddings}
     */
    static RotaryPositions read(Config config, int headWidth, int context) {
        Rope rope = read(config, headWidth, context, 1.0, 10000);
        rope.requireWhole(config, headWidth);
        return rope.positions();
    }

    /** As {@link #read(Config, int, int)} with an architecture's own base, and the share of each head where the file gives none. */
    static RotaryPositions partly(Config config, int headWidth, int context, double partial, double base) {
        return read(config, headWidth, context, partial, base).positions();
    }

    private static Rope read(Config config, int headWidth, int context, double partial, double base) {
        double theta = config.doubleOr("rope_theta", base, 1e-3, MOST);
        double share = config.doubleOr("partial_rotary_factor", partial, 1e-3, 1);
        Config none = Config.parse("rope", "{}");
        Config newer = config.within("rope_parameters").orElse(none);
        Config scaling = config.within("rope_scaling")
                .filter(older -> !older.isEmpty()) // else it wins, as in transformers 5
                .orElse(newer);
        if (scaling.raw("full_attention").isPresent()
                || scaling.raw("sliding_attention").isPresent()) {
            throw config.error("rope_parameters", "per kind of layer is not supported for this model_type");
        }
        return new Rope(
                config,
                scaling,
                scaling.doubleOr("rope_theta", theta, 1e-3, MOST),
                rotated(config, scaling.doubleOr("partial_rotary_factor", share, 1e-3, 1), headWidth),
                context);
    }

    /**
     * Rotary positions of one kind of layer: {@code rope_parameters.KIND}, or in older files a base of its own; there only
     * layers that see everything are scaled.
     */
    static RotaryPositions ofKind(
            Config config, String kind, String olderKey, double base, int headWidth, int context) {
        double theta = config.doubleOr(olderKey, base, 1e-3, MOST);
        Config none = Config.parse("rope", "{}");
        Config own = config.within("rope_parameters")
                .flatMap(all -> all.within(kind))
                .orElse(none);
        boolean scaled = own == none && kind.equals("full_attention");
        Config scaling = scaled ? config.within("rope_scaling").orElse(none) : own;
        int width = rotated(config, scaling.doubleOr("partial_rotary_factor", 1, 1e-3, 1), headWidth);
        Rope rope = new Rope(config, scaling, scaling.doubleOr("rope_theta", theta, 1e-3, MOST), width, context);
        rope.requireWhole(config, headWidth);
        return rope.positions();
    }

    /** transformers rotates whole heads of most architectures, whatever the file says; Heed does not guess what is meant. */
    private void requireWhole(Config config, int headWidth) {
        if (width != headWidth) {
            throw config.error("partial_rotary_factor", "must be 1 for this model_type, whose heads are rotated whole");
        }
    }

    private static int rotated(Config config, double share, int headWidth) {
        int width = (int) (share * headWidth);
        if (width == 0 || width + width % 2 > headWidth) {
            throw config.error(
                    config.has("rotary_pct") ? "rotary_pct" : "partial_rotary_factor",
                    "must rotate pairs of a head's " + headWidth + " columns, got " + width + " columns");
        }
        return width;
    }

    private RotaryPositions positions() {
        String older = scaling.oneOfOr("type", "default", KINDS);
        String kind = scaling.oneOfOr("rope_type", older, KINDS);
        return switch (kind) {
            case "linear" -> fixed(linear(), 1);
            case "dynamic" -> dynamic();
            case "longrope" -> longrope();
            case "yarn" -> fixed(yarn(), yarnScale());
            case "llama3" -> fixed(llama3(), 1);
            default -> fixed(frequencies(base), 1);
        };
    }

    private static RotaryPositions fixed(float[] frequencies, double scale) {
        return RotaryPositions.of(Rotary.Layout.HALVES, frequencies, (float) scale);
    }

    /** The trained length before it was stretched. One beside the scaling counts before one within, as in transformers. */
    private int original() {
        Config from = model.has("original_max_position_embeddings") ? model : scaling;
        return from.intOr("original_max_position_embeddings", trained, 1, Integer.MAX_VALUE);
    }

    private double factor() {
        return scaling.requireDouble("factor", 1, 1e6);
    }

    /** Position interpolation (Chen et al. 2023, arXiv 2306.15595). */
    private float[] linear() {
        float[] frequencies = frequencies(base);
        float factor = (float) factor();
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] /= factor;
        }
        return frequencies;
    }

    /** The base grows with the text beyond the trained length. */
    private RotaryPositions dynamic() {
        double factor = factor();
        return RotaryPositions.byLength(
                Rotary.Layout.HALVES,
                length -> {
                    double longer = Math.max(length, trained);
                    double stretch = factor * longer / trained - (factor - 1);
                    return frequencies(base * StrictMath.pow(stretch, width / (double) Math.max(1, width - 2)));
                },
                1,
                trained);
    }

    /** LongRoPE (Ding et al. 2024, arXiv 2402.13753): a factor for each frequency, others for texts beyond the trained length. */
    private RotaryPositions longrope() {
        int from = original();
        double ratio = scaling.doubleOr("factor", trained / (double) from, 1e-6, 1e6);
        double usual = ratio <= 1 ? 1 : Math.sqrt(1 + StrictMath.log(ratio) / StrictMath.log(from));
        double scale = scaling.doubleOr("attention_factor", usual, 0, 1e6);
        float[] near = divided("short_factor");
        float[] far = divided("long_factor");
        return RotaryPositions.byLength(
                Rotary.Layout.HALVES, length -> length > from ? far : near, (float) scale, from);
    }

    private float[] divided(String key) {
        List<Double> factors = scaling.doubles(key, 1e-6, 1e9);
        float[] frequencies = frequencies(base);
        if (factors.size() != frequencies.length) {
            throw scaling.error(
                    key,
                    "must hold one number for each of " + frequencies.length + " frequencies, got " + factors.size());
        }
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) (1 / (factors.get(i) * StrictMath.pow(base, 2.0 * i / width)));
        }
        return frequencies;
    }

    /** base^(−2i/D); of an odd D one more than D/2, whose pair ends one column behind it. */
    private float[] frequencies(double of) {
        float[] frequencies = new float[(width + 1) / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) StrictMath.pow(of, -2.0 * i / width);
        }
        return frequencies;
    }

    /** Llama 3.1: long wave lengths are stretched, short ones kept, those between blended. */
    private float[] llama3() {
        double factor = factor();
        double low = scaling.requireDouble("low_freq_factor", 1e-3, 1e6);
        double high = scaling.requireDouble("high_freq_factor", 1e-3, 1e6);
        double from = original();
        if (high <= low) {
            throw scaling.error("high_freq_factor", "must be above low_freq_factor, got " + high + " and " + low);
        }
        float[] frequencies = frequencies(base);
        for (int i = 0; i < frequencies.length; i++) {
            double length = 2 * Math.PI / frequencies[i];
            double keep = Math.clamp((from / length - low) / (high - low), 0, 1);
            frequencies[i] = (float) ((1 - keep) * frequencies[i] / factor + keep * frequencies[i]);
        }
        return frequencies;
    }

    /** YaRN (Peng et al. 2023, arXiv 2309.00071, section 3.2): a ramp over the frequencies' numbers. */
    private float[] yarn() {
        double factor = yarnFactor();
        double from = original();
        double low = turns(scaling.doubleOr("beta_fast", 32, 1e-6, 1e6), from);
        double high = turns(scaling.doubleOr("beta_slow", 1, 1e-6, 1e6), from);
        if (scaling.booleanOr("truncate", true)) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        low = Math.max(low, 0);
        high = Math.min(high, width - 1);
        double range = high == low ? 0.001 : high - low;
        float[] frequencies = frequencies(base);
        for (int i = 0; i < frequencies.length; i++) {
            double stretched = Math.clamp((i - low) / range, 0, 1);
            frequencies[i] = (float) (frequencies[i] / factor * stretched + frequencies[i] * (1 - stretched));
        }
        return frequencies;
    }

    /** The frequency's number that turns so many times within the trained length. */
    private double turns(double count, double from) {
        return width * StrictMath.log(from / (count * 2 * Math.PI)) / (2 * StrictMath.log(base));
    }

    private double yarnFactor() {
        return scaling.doubleOr("factor", trained / (double) original(), 1, 1e6);
    }

    private double yarnScale() {
        double factor = yarnFactor();
        double mscale = scaling.doubleOr("mscale", 0, 0, 1e6);
        double all = scaling.doubleOr("mscale_all_dim", 0, 0, 1e6);
        double usual = mscale != 0 && all != 0 ? temper(factor, mscale) / temper(factor, all) : temper(factor, 1);
        return scaling.doubleOr("attention_factor", usual, 0, 1e6);
    }

    private static double temper(double factor, double mscale) {
        return factor <= 1 ? 1 : 0.1 * mscale * StrictMath.log(factor) + 1;
    }
}
