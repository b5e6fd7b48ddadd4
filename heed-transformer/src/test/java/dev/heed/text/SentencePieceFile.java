package dev.heed.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes SentencePiece files for tests. */
public final class SentencePieceFile {
    private SentencePieceFile() {}

    private static final class Message {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Message varint(long value) {
            long left = value;
            while (left >>> 7 != 0) {
                bytes.write((int) (left & 0x7F | 0x80));
                left >>>= 7;
            }
            bytes.write((int) left);
            return this;
        }

        Message number(int field, long value) {
            return varint(field << 3).varint(value);
        }

        Message floating(int field, double value) {
            varint(field << 3 | 5);
            bytes.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat((float) value)
                    .array());
            return this;
        }

        Message part(int field, byte... value) {
            varint(field << 3 | 2).varint(value.length);
            bytes.writeBytes(value);
            return this;
        }
    }

    /** @param kind 1 for a unigram model */
    static byte[] file(Map<String, Double> pieces, long kind) {
        return file(pieces, kind, false, true);
    }

    static byte[] file(Map<String, Double> pieces, long kind, boolean byteFallback, boolean dummyPrefix) {
        Message all = new Message();
        pieces.forEach((text, score) -> all.part(
                1,
                new Message()
                        .part(1, text.getBytes(StandardCharsets.UTF_8))
                        .floating(2, score)
                        .number(3, 1)
                        .bytes
                        .toByteArray()));
        all.part(
                2,
                new Message()
                        .number(3, kind)
                        .number(4, 8000)
                        .floating(10, 0.9995)
                        .number(35, byteFallback ? 1 : 0)
                        .bytes
                        .toByteArray());
        all.part(
                3,
                new Message()
                        .part(1, "nmt".getBytes(StandardCharsets.UTF_8))
                        .number(3, dummyPrefix ? 1 : 0)
                        .bytes
                        .toByteArray());
        return all.bytes.toByteArray();
    }

    /** A unigram model of pieces with their scores. */
    public static byte[] unigram(Map<String, Double> pieces) {
        return file(pieces, 1);
    }

    /** vocab.json: ids in the order of the pieces. */
    public static String ids(Iterable<String> pieces) {
        var ids = tools.jackson.databind.node.JsonNodeFactory.instance.objectNode();
        pieces.forEach(piece -> ids.put(piece, ids.size()));
        return Json.write(ids);
    }
}
