package dev.heed.text;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A SentencePiece model of the unigram kind (Kudo 2018, arXiv 1804.10959), from its file in protocol buffers: pieces with
 * their scores, and how text is prepared. What else the file holds is left out.
 */
final class SentencePiece {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int UNIGRAM = 1;

    private final String file;
    private final Map<String, Float> scores = new LinkedHashMap<>();
    private long kind = UNIGRAM;
    private boolean byteFallback;
    private boolean dummyPrefix = true;
    private boolean removesSpaces = true;
    private byte[] charsMap = {};

    private SentencePiece(String file) {
        this.file = file;
    }

    /** @throws IllegalArgumentException if the file is no such model */
    static SentencePiece read(Path path) {
        return parse(path.toString(), Json.readBytes(path, Tokenizer.LARGEST_FILE));
    }

    static SentencePiece parse(String file, byte... bytes) {
        SentencePiece model = new SentencePiece(file);
        try {
            model.read(ByteBuffer.wrap(bytes));
        } catch (BufferUnderflowException | IndexOutOfBoundsException | ArithmeticException e) {
            throw new IllegalArgumentException(file + ": is not a SentencePiece model", e);
        }
        if (model.scores.isEmpty() || model.kind != UNIGRAM) {
            throw new IllegalArgumentException(
                    file + ": must be a SentencePiece model of the unigram kind with pieces, got kind " + model.kind
                            + " with " + model.scores.size() + " pieces; save a tokenizer.json in Python with"
                            + " AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)");
        }
        return model;
    }

    // ---- protocol buffers: a field is its number and kind in a tag, then its value

    /** What a message's fields are given to. */
    private interface Fields {
        /** A number, or the bits of a float. */
        default void number(int field, long value) {}

        /** A text, or a message within. */
        default void bytes(int field, ByteBuffer value) {}
    }

    private void each(ByteBuffer message, Fields fields) {
        message.order(ByteOrder.LITTLE_ENDIAN);
        while (message.hasRemaining()) {
            long tag = varint(message);
            int field = (int) (tag >>> 3);
            switch ((int) (tag & 7)) {
                case 0 -> fields.number(field, varint(message));
                case 1 -> message.getLong();
                case 2 -> {
                    int length = Math.toIntExact(varint(message));
                    fields.bytes(field, message.slice(message.position(), length));
                    message.position(message.position() + length);
                }
                case 5 -> fields.number(field, message.getInt());
                default -> throw new IllegalArgumentException(file + ": is not a SentencePiece model");
            }
        }
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = bytes.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new ArithmeticException("a number of more than ten bytes");
    }

    private void read(ByteBuffer model) {
        each(model, new Fields() {
            @Override
            public void bytes(int field, ByteBuffer value) {
                switch (field) {
                    case 1 -> piece(value);
                    case 2 -> trainer(value);
                    case 3 -> normalizer(value);
                    default -> {}
                }
            }
        });
    }

    private void piece(ByteBuffer message) {
        List<String> text = new ArrayList<>();
        float[] score = new float[1];
        each(message, new Fields() {
            @Override
            public void number(int field, long value) {
                score[0] = field == 2 ? Float.intBitsToFloat((int) value) : score[0];
            }

            @Override
            public void bytes(int field, ByteBuffer value) {
                if (field == 1) {
                    text.add(Json.utf8(file + ": a piece", value));
                }
            }
        });
        if (text.size() != 1 || scores.putIfAbsent(text.getFirst(), score[0]) != null) {
            throw new IllegalArgumentException(
                    file + ": piece " + scores.size() + " must have a text that no other piece has");
        }
    }

    private void trainer(ByteBuffer message) {
        each(message, new Fields() {
            @Override
            public void number(int field, long value) {
                kind = field == 3 ? value : kind;
                byteFallback = field == 35 ? value != 0 : byteFallback;
            }
        });
    }

    private void normalizer(ByteBuffer message) {
        each(message, new Fields() {
            @Override
            public void number(int field, long value) {
                dummyPrefix = field == 3 ? value != 0 : dummyPrefix;
                removesSpaces = field == 4 ? value != 0 : removesSpaces;
            }

            @Override
            public void bytes(int field, ByteBuffer value) {
                if (field == 2) {
                    charsMap = new byte[value.remaining()];
                    value.get(charsMap);
                }
            }
        });
    }

    // ---- tokenizer.json

    /** Pieces in order, and their scores. */
    Map<String, Float> scores() {
        return scores;
    }

    /** A tokenizer with these tokens and scores, in the order of their ids. */
    ObjectNode tokenizer(Map<String, Float> vocabulary, int unknown) {
        ObjectNode root = NODES.objectNode().put("version", "1.0");
        root.set("normalizer", prepared());
        root.set("pre_tokenizer", metaspace());
        root.set("decoder", joined());
        ObjectNode model = root.putObject("model").put("type", "Unigram").put("unk_id", unknown);
        model.put("byte_fallback", byteFallback);
        ArrayNode vocab = model.putArray("vocab");
        vocabulary.forEach((piece, score) -> vocab.addArray().add(piece).add(score.doubleValue()));
        return root;
    }

    private ObjectNode prepared() {
        ObjectNode sequence = NODES.objectNode().put("type", "Sequence");
        ArrayNode parts = sequence.putArray("normalizers");
        if (charsMap.length > 0) {
            parts.addObject()
                    .put("type", "Precompiled")
                    .put("precompiled_charsmap", Base64.getEncoder().encodeToString(charsMap));
        }
        if (removesSpaces) {
            replace(parts, "^ +| +$", ""); // spaces alone, not all that is white
            replace(parts, " {2,}", "▁");
        }
        return sequence;
    }

    private static void replace(ArrayNode parts, String regex, String by) {
        parts.addObject()
                .put("type", "Replace")
                .put("content", by)
                .putObject("pattern")
                .put("Regex", regex);
    }

    /** Bytes that stand for what no piece has are joined again. */
    private ObjectNode joined() {
        if (!byteFallback) {
            return metaspace();
        }
        ObjectNode sequence = NODES.objectNode().put("type", "Sequence");
        sequence.putArray("decoders")
                .add(NODES.objectNode().put("type", "ByteFallback"))
                .add(metaspace());
        return sequence;
    }

    private ObjectNode metaspace() {
        return NODES.objectNode()
                .put("type", "Metaspace")
                .put("replacement", "▁")
                .put("prepend_scheme", dummyPrefix ? "always" : "never")
                .put("split", true);
    }
}
