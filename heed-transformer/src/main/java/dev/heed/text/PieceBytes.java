package dev.heed.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Bytes that a decoder joins to characters across tokens. */
enum PieceBytes {
    /** Each character of a piece is a byte, as GPT-2 writes it. */
    ALL {
        @Override
        byte[] of(String piece) {
            byte[] bytes = new byte[piece.length()];
            for (int i = 0; i < bytes.length; i++) {
                int value = ALPHABET.indexOf(piece.charAt(i));
                if (value < 0) {
                    return NO_BYTES; // an added token, spelled as it is
                }
                bytes[i] = (byte) value;
            }
            return bytes;
        }
    },
    /** What SentencePiece has no piece for: {@code <0xE2>}. */
    FALLBACK {
        @Override
        byte[] of(String piece) {
            Matcher single = SINGLE.matcher(piece);
            return single.matches() ? new byte[] {(byte) Integer.parseInt(single.group(1), 16)} : NO_BYTES;
        }
    },
    /** Every token is whole characters. */
    NONE {
        @Override
        byte[] of(String piece) {
            return NO_BYTES;
        }
    };

    private static final byte[] NO_BYTES = {};
    private static final Pattern SINGLE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");
    private static final String ALPHABET = Labels.byteAlphabet();

    /** The bytes of a piece; none of one that is characters by itself. */
    abstract byte[] of(String piece);

    /** @param decoder of a tokenizer.json */
    static PieceBytes of(JsonNode decoder) {
        String parts = decoder.toString();
        return parts.contains("\"ByteLevel\"") ? ALL : parts.contains("\"ByteFallback\"") ? FALLBACK : NONE;
    }
}
