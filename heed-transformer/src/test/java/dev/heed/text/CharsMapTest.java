package dev.heed.text;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class CharsMapTest {
    private static final int TEXTS = 100;

    /** Behind them the native reader ends the process. */
    @Test
    void aLetterLeadsToOneOfTheTextsOrIsRefused() {
        for (int start : new int[] {0, 3, TEXTS - 1}) {
            assertThatCode(() -> CharsMap.check("t", map(start)))
                    .as("text at " + start)
                    .doesNotThrowAnyException();
        }
        for (int start : new int[] {TEXTS, TEXTS + 5, TEXTS + 10, 1 << 20}) {
            assertThatThrownBy(() -> CharsMap.check("t", map(start)))
                    .as("text at " + start)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("t: precompiled_charsmap leads to byte " + start + " of its 100 bytes of text");
        }
    }

    /** A trie that knows the letter a, which becomes the text that begins at a byte of the texts. */
    private static String map(int start) {
        int[] units = new int[512];
        units[0] = 256 << 10; // the children of the root lie around unit 256
        int letter = 256 ^ 'a';
        units[letter] = (letter ^ 256) << 10 | 1 << 8 | 'a'; // has a text, told by unit 256
        units[256] = start | 1 << 31;
        ByteBuffer map = ByteBuffer.allocate(4 + 4 * units.length + TEXTS).order(ByteOrder.LITTLE_ENDIAN);
        map.putInt(4 * units.length);
        for (int unit : units) {
            map.putInt(unit);
        }
        map.put(("x".repeat(TEXTS - 1) + "\0").getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(map.array());
    }
}
