package dev.heed.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;

/**
 * Checks SentencePiece's precompiled character map: [4 bytes: size of the trie][double-array trie][texts, each ended by 0].
 * The native reader follows the trie without looking at its bounds; here every place it can reach is visited once.
 */
final class CharsMap {
    private final String who;
    private final int[] units;
    private final byte[] texts;

    private CharsMap(String who, int[] units, byte[] texts) {
        this.who = who;
        this.units = units;
        this.texts = texts;
    }

    static void check(String who, String base64) {
        ByteBuffer bytes;
        try {
            bytes = ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(who + ": precompiled_charsmap must be base64", e);
        }
        int trieBytes = bytes.remaining() < 4 ? -1 : bytes.getInt();
        if (trieBytes < 4 || trieBytes % 4 != 0 || trieBytes > bytes.remaining()) {
            throw new IllegalArgumentException(who + ": precompiled_charsmap must begin with the size of its trie, got "
                    + trieBytes + " with " + bytes.remaining() + " bytes following");
        }
        int[] units = new int[trieBytes / 4];
        bytes.asIntBuffer().get(units);
        ByteBuffer rest = bytes.position(4 + trieBytes).slice();
        Json.utf8(who + ": the texts of precompiled_charsmap", rest.duplicate());
        byte[] texts = new byte[rest.remaining()];
        rest.get(texts);
        new CharsMap(who, units, texts).visit();
    }

    private void visit() {
        ArrayDeque<Integer> open = new ArrayDeque<>();
        BitSet seen = new BitSet(units.length);
        push(open, seen, offset(units[0]));
        while (!open.isEmpty()) {
            int node = open.remove();
            for (int label = 1; label < 256; label++) {
                int unit = units[node ^ label];
                if ((unit & 0x800000FF) == label) {
                    int next = node ^ label ^ offset(unit);
                    push(open, seen, next);
                    if ((unit >> 8 & 1) == 1) {
                        checkText(units[next] & 0x7fffffff);
                    }
                }
            }
        }
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    private void push(ArrayDeque<Integer> open, BitSet seen, int node) {
        if (node < 0 || (node | 0xFF) >= units.length) {
            throw new IllegalArgumentException(
                    who + ": precompiled_charsmap leads to unit " + node + " of " + units.length);
        }
        if (!seen.get(node)) {
            seen.set(node);
            open.add(node);
        }
    }

    private void checkText(int start) {
        boolean inside = start < texts.length && (texts[start] & 0xC0) != 0x80;
        if (!inside) {
            throw new IllegalArgumentException(who + ": precompiled_charsmap leads to byte " + start + " of its "
                    + texts.length + " bytes of text");
        }
    }
}
