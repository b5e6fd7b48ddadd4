package dev.heed.app;

import dev.heed.text.Spelling;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** One of a few values, in help, completion and messages as they are typed: in small letters. */
abstract class OneOf<E extends Enum<E>> implements Iterable<String>, ITypeConverter<E> {
    private final List<E> values;

    @SafeVarargs
    OneOf(E... values) {
        this.values = List.of(values);
    }

    @Override
    public final Iterator<String> iterator() {
        return names().iterator();
    }

    @Override
    public final E convert(String typed) {
        int found = names().indexOf(typed.toLowerCase(Locale.ROOT));
        if (found < 0) {
            throw new TypeConversionException("must be " + String.join(" or ", names()) + ", got '" + typed + "'"
                    + Spelling.question(typed, names()));
        }
        return values.get(found);
    }

    private List<String> names() {
        return values.stream().map(each -> each.name().toLowerCase(Locale.ROOT)).toList();
    }
}
