package dev.heed.app.print;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as text, the same in every locale, without the start-up cost of a formatter. */
public final class Numbers {
    private Numbers() {}

    /** Rounded half up to so many digits behind the point; never "-0.000". What is not finite is as Java calls it. */
    public static String fixed(double number, int digits) {
        if (!Double.isFinite(number)) {
            return Double.toString(number);
        }
        BigDecimal rounded = new BigDecimal(number).setScale(digits, RoundingMode.HALF_UP);
        return rounded.toPlainString();
    }

    /** As short as it is: 5 for 5.0, 0.3 for 0.3f. */
    public static String shortest(double number) {
        float single = (float) number;
        boolean isFloat = single == number || Math.abs(single - number) < Math.ulp(single) / 4;
        String text = isFloat ? Float.toString(single) : Double.toString(number);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    /** A vector: [0.2, 0.8, 0.1]. */
    public static String vector(double[] numbers, int digits) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < numbers.length; i++) {
            text.append(i == 0 ? "" : ", ")
                    .append((digits < 0 ? shortest(numbers[i]) : fixed(numbers[i], digits)).replace('-', '−'));
        }
        return text.append(']').toString();
    }

    /** A small error: 6.0e-08, or 0. */
    public static String error(double number) {
        return number == 0 ? "0" : String.format(Locale.ROOT, "%.1e", number);
    }
}
