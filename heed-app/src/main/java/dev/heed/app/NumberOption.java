package dev.heed.app;

import java.math.BigInteger;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Numbers as they are typed; what is none is told without a word of Java. */
final class NumberOption {
    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,100}");

    private NumberOption() {}

    static void register(CommandLine all) {
        all.registerConverter(int.class, NumberOption::toInt);
        all.registerConverter(Integer.class, NumberOption::toInt);
        all.registerConverter(long.class, NumberOption::toLong);
        all.registerConverter(Long.class, NumberOption::toLong);
        all.registerConverter(double.class, NumberOption::toDouble);
        all.registerConverter(Double.class, NumberOption::toDouble);
    }

    private static int toInt(String typed) {
        return (int) whole(typed, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static long toLong(String typed) {
        return whole(typed, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    private static long whole(String typed, long least, long most) {
        if (!WHOLE.matcher(typed).matches()) {
            throw new TypeConversionException("must be a whole number, got '" + typed + "'");
        }
        BigInteger number = new BigInteger(typed);
        if (number.compareTo(BigInteger.valueOf(least)) < 0 || number.compareTo(BigInteger.valueOf(most)) > 0) {
            throw new TypeConversionException("must be from " + least + " to " + most + ", got " + typed);
        }
        return number.longValue();
    }

    private static double toDouble(String typed) {
        try {
            return Double.parseDouble(typed);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("must be a number such as 0.5, got '" + typed + "'");
        }
    }
}
