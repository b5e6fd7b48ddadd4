package dev.heed.model.checkpoint;

import com.sun.management.ThreadMXBean;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Seeded mutations of valid files. Whatever a mutation does, reading it must end in a value, an IllegalArgumentException or an
 * I/O error, in bounded time and with bounded memory. A run names its seed; one input is repeated by its index alone.
 */
final class Fuzz {
    /** Files are at most a few kB, so anything near this comes from believing a number in the file. */
    private static final long MOST_BYTES = 64 << 20;

    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final String[] TOKENS = {
        "0",
        "-1",
        "1e999",
        "NaN",
        "null",
        "true",
        "\"\"",
        "{}",
        "[]",
        "9223372036854775807",
        "18446744073709551615",
        "2147483648",
        "4294967296",
        "65536",
        "\"F64\"",
        "\"BOOL\"",
        "\\ud800",
        "\"..\"",
        "../x",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":"
    };

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Path folder;
    private final long seed;
    private final byte[] safetensors;
    private final byte[] config;
    private final byte[] index;
    private final byte[][] tokenizers;
    private long largest;
    private long slowest;
    private int accepted;

    Fuzz(Path folder, long seed) throws IOException {
        this.folder = folder;
        this.seed = seed;
        Path shard = folder.resolve("a.safetensors");
        new SafetensorsWriter()
                .put("a.weight", Tensor.full(1, 3, 5))
                .putLongs("ids", new long[] {1, 2, 3}, 3)
                .meta("k", "v")
                .write(shard);
        safetensors = Files.readAllBytes(shard);
        config = bytes(
                "{\"model_type\":\"llama\",\"hidden_size\":64,\"rms_norm_eps\":1e-05,\"rope_scaling\":{\"factor\":8.0},"
                        + "\"eos_token_id\":[1,2],\"hidden_act\":\"silu\",\"tie\":true,\"layer_types\":[\"full\",\"full\"]}");
        index = bytes(
                "{\"metadata\":{\"total_size\":84},\"weight_map\":{\"a.weight\":\"a.safetensors\",\"ids\":\"a.safetensors\"}}");
        tokenizers = new byte[][] {
            bytes(
                    "{\"added_tokens\":[{\"id\":5,\"content\":\"<s>\",\"special\":true,\"single_word\":false,\"lstrip\":false,"
                            + "\"rstrip\":false,\"normalized\":false}],\"normalizer\":{\"type\":\"NFKC\"},\"pre_tokenizer\":{\"type\":"
                            + "\"Split\",\"pattern\":{\"Regex\":\" ?[a-z]+|\\\\s+\"},\"behavior\":\"Isolated\",\"invert\":false},"
                            + "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},"
                            + "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":"
                            + "{\"id\":\"B\",\"type_id\":1}}],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":[5],\"tokens\":[\"<s>\"]}}},"
                            + "\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"_\"},\"content\":"
                            + "\" \"},{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"},{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}]},"
                            + "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":\"c\",\"fuse_unk\":false,\"byte_fallback\":true,"
                            + "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"c\":3,\"abc\":4},\"merges\":[[\"a\",\"b\"],\"ab c\"]}}"),
            bytes(
                    "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":{\"type\":"
                            + "\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":true},"
                            + "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":"
                            + "[\"[SEP]\",2],\"cls\":[\"[CLS]\",1]},\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true},"
                            + "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\","
                            + "\"max_input_chars_per_word\":100,\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":3,\"##b\":4}}}"),
            bytes(
                    "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"x\"},{\"type\":\"Replace\","
                            + "\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\"_\"}]},\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":"
                            + "\"_\",\"prepend_scheme\":\"always\",\"split\":true},\"decoder\":{\"type\":\"Metaspace\",\"replacement\":\"_\","
                            + "\"prepend_scheme\":\"always\",\"split\":true},\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"byte_fallback\":false,"
                            + "\"vocab\":[[\"<unk>\",0.0],[\"_\",-1.5],[\"a\",-2.0],[\"ab\",-1.0],[\"b\",-3.0]]}}"),
        };
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Runs the inputs {@code from} to {@code to} (exclusive) and returns one line of findings. */
    String run(long from, long to) throws IOException {
        for (long input = from; input < to; input++) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L + input);
            long allocated = memory.getCurrentThreadAllocatedBytes();
            long began = System.nanoTime();
            try {
                one(random);
                accepted++;
            } catch (IllegalArgumentException | UncheckedIOException e) {
                requireOneClearLine(input, e);
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError | InternalError e) {
                throw new AssertionError(where(input) + ": " + e, e);
            }
            check(input, memory.getCurrentThreadAllocatedBytes() - allocated, System.nanoTime() - began);
        }
        return (to - from) + " inputs, seed " + seed + ": " + accepted + " read, the others refused; at most "
                + largest / 1024 + " KiB and " + slowest / 1_000_000 + " ms for one";
    }

    private String where(long input) {
        return "seed " + seed + " input " + input;
    }

    private void requireOneClearLine(long input, RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        if (message.length() < 10 || message.length() > 4000 || message.indexOf('\n') >= 0) {
            throw new AssertionError(where(input) + ": the message is not one clear line: " + message, e);
        }
    }

    private void check(long input, long bytes, long nanos) {
        largest = Math.max(largest, bytes);
        slowest = Math.max(slowest, nanos);
        if (bytes > MOST_BYTES || nanos > MOST_NANOS) {
            throw new AssertionError(where(input) + ": took " + bytes + " bytes and " + nanos + " ns");
        }
    }

    private void one(Random random) throws IOException {
        switch (random.nextInt(8)) {
            case 0, 1 -> readSafetensors(mutate(random, safetensors));
            case 2, 3 -> readConfig(mutate(random, config));
            case 4 -> readIndex(mutate(random, index));
            default -> readTokenizer(mutate(random, tokenizers[random.nextInt(tokenizers.length)]));
        }
    }

    private void readSafetensors(byte[] bytes) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(Files.write(folder.resolve("m.safetensors"), bytes))) {
            for (String name : checkpoint.names()) {
                if (checkpoint.info(name).dtype().isFloat()) {
                    checkpoint.tensor(name);
                } else {
                    checkpoint.longs(name);
                }
            }
        }
    }

    private static void readConfig(byte[] bytes) {
        Config read = Config.parse("config.json", new String(bytes, StandardCharsets.ISO_8859_1));
        read.requireOneOf("model_type", "llama", "gpt2");
        read.requireInt("hidden_size", 1, 1 << 20);
        read.requireDouble("rms_norm_eps", 1e-12, 1);
        read.within("rope_scaling").ifPresent(scaling -> scaling.requireDouble("factor", 1, 1e6));
        read.ints("eos_token_id", 0, 1 << 20);
        read.booleanOr("tie", false);
        read.strings("layer_types");
    }

    private void readIndex(byte[] bytes) throws IOException {
        Files.write(folder.resolve("model.safetensors.index.json"), bytes);
        Checkpoint.open(folder).close();
    }

    private static void readTokenizer(byte[] bytes) {
        String json = dev.heed.text.Json.utf8("tokenizer.json", java.nio.ByteBuffer.wrap(bytes));
        try (Tokenizer tokenizer = Tokenizer.parse("tokenizer.json", json)) {
            int[] ids = tokenizer
                    .encode("ab c  <s> a😀 abc e\u0301 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")
                    .ids();
            tokenizer.decode(ids);
            tokenizer.decodeWithSpecial(ids);
            for (int id = 0; id < tokenizer.size(); id++) {
                tokenizer.decode(id);
                tokenizer.label(id);
            }
            tokenizer.encode("ab", "c a");
        }
    }

    private static byte[] mutate(Random random, byte[] valid) {
        byte[] bytes = valid;
        for (int change = 1 + random.nextInt(3); change > 0; change--) {
            bytes = mutateOnce(random, bytes);
        }
        return bytes;
    }

    private static byte[] mutateOnce(Random random, byte[] bytes) {
        if (bytes.length == 0) {
            return bytes("{}");
        }
        int at = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, at + random.nextInt(12));
        return switch (random.nextInt(8)) {
            case 0 -> flip(bytes, at, 1 << random.nextInt(8));
            case 1 -> flip(bytes, at, 1 + random.nextInt(255));
            case 2 -> splice(bytes, at, bytes.length, new byte[0]);
            case 3 -> splice(bytes, at, to, new byte[0]);
            case 4 -> splice(bytes, at, at, java.util.Arrays.copyOfRange(bytes, at, to));
            case 5 -> splice(bytes, at, at, bytes(TOKENS[random.nextInt(TOKENS.length)]));
            default -> replaceValue(random, bytes, at);
        };
    }

    /** Replaces the JSON number, word or string that begins next after {@code at}: most such files still parse. */
    private static byte[] replaceValue(Random random, byte[] bytes, int at) {
        int from = at;
        while (from < bytes.length && bytes[from] != ':' && bytes[from] != '[') {
            from++;
        }
        int to = Math.min(bytes.length, from + 1);
        while (to < bytes.length && ",]}[{".indexOf(bytes[to]) < 0) {
            to++;
        }
        return splice(bytes, Math.min(from + 1, to), to, bytes(TOKENS[random.nextInt(TOKENS.length)]));
    }

    private static byte[] flip(byte[] bytes, int at, int bits) {
        byte[] copy = bytes.clone();
        copy[at] = (byte) (copy[at] ^ bits);
        return copy;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] with) {
        byte[] result = new byte[bytes.length - (to - from) + with.length];
        System.arraycopy(bytes, 0, result, 0, from);
        System.arraycopy(with, 0, result, from, with.length);
        System.arraycopy(bytes, to, result, from + with.length, bytes.length - to);
        return result;
    }
}
