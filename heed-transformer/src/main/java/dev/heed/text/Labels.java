package dev.heed.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes readable labels of vocabulary spellings, by the alphabet that the vocabulary is written in.
 *
 * <pre>{@code
 * String everyByte = Labels.byteAlphabet(); // the character that GPT-2 writes for byte 0, 1, …
 * }</pre>
 */
public enum Labels {
    /** GPT-2's: each byte is one printable character. */
    BYTE_LEVEL {
        @Override
        String of(String piece) {
            ByteBuffer bytes = ByteBuffer.allocate(piece.length());
            for (int i = 0; i < piece.length(); i++) {
                int value = BYTES.indexOf(piece.charAt(i));
                if (value < 0) {
                    return Visible.label(piece); // an added token, spelled as it is
                }
                bytes.put((byte) value);
            }
            bytes.flip();
            try {
                return Visible.label(StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(bytes.duplicate())
                        .toString());
            } catch (CharacterCodingException e) {
                return hex(bytes);
            }
        }
    },
    /** SentencePiece's: ▁ is a space, {@code <0x0A>} a byte. */
    METASPACE {
        @Override
        String of(String piece) {
            Matcher single = BYTE.matcher(piece);
            if (single.matches()) {
                int value = Integer.parseInt(single.group(1), 16);
                return value < 0x80 ? Visible.label(String.valueOf((char) value)) : piece;
            }
            return Visible.label(piece.replace('▁', ' '));
        }
    },
    /** WordPiece's and others': as they are; ## continues a word. */
    PLAIN {
        @Override
        String of(String piece) {
            return Visible.label(piece);
        }
    };

    private static final Pattern BYTE = Pattern.compile("<0x([0-9A-F]{2})>");
    /** Character i stands for byte i (openai/gpt-2, encoder.py, bytes_to_unicode). */
    private static final String BYTES = byteAlphabet();

    abstract String of(String piece);

    /** Of 256 printable characters; number i stands for byte i in the vocabularies of byte-level tokenizers. */
    public static String byteAlphabet() {
        StringBuilder alphabet = new StringBuilder(256);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            alphabet.append((char) (printable ? b : next++));
        }
        return alphabet.toString();
    }

    private static String hex(ByteBuffer bytes) {
        StringBuilder out = new StringBuilder();
        while (bytes.hasRemaining()) {
            out.append(String.format("<0x%02X>", bytes.get()));
        }
        return out.toString();
    }
}
