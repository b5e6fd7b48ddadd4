package dev.heed.model;

import com.sun.management.ThreadMXBean;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import dev.heed.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Seeded mutations of valid files: safetensors, index, config, generation config and tokenizer. Whatever a mutation does,
 * reading it must end in a value, an IllegalArgumentException with one clear line, or an I/O error, in bounded time and with
 * bounded memory. A config that still fits its checkpoint is loaded and run. An input is repeated by its seed and number.
 *
 * <pre>{@code
 * try (Fuzz fuzz = new Fuzz(List.of(Path.of("models/tiny")), room, 7)) {
 *     Fuzz.Findings findings = fuzz.run(0, 100_000, System.out::println);
 * }
 * }</pre>
 *
 * <p>For one thread.
 */
public final class Fuzz implements AutoCloseable {
    /** Files are small, so anything near this comes from believing a number in the file. */
    public static final long MOST_BYTES = 64 << 20;

    /** How long one input may take. */
    public static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final int LARGEST_BASE = 4 << 20;
    /** Mutations keep to the beginning of a file, where headers are: what follows in long files is mostly numbers. */
    private static final int HEAD = 1 << 15;

    private static final int MOST_LABELS = 64;
    private static final String BAD = "\0";
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

    /**
     * What a run found.
     *
     * @param inputs how many there were
     * @param read how many were read as valid; all others were refused
     * @param bad how many crashed, took too long or too much memory, or were refused without one clear line
     * @param mostBytes allocated for one input
     * @param mostNanos taken by one input
     */
    public record Findings(long inputs, long read, long bad, long mostBytes, long mostNanos) {
        /** Of both runs. */
        public Findings and(Findings other) {
            return new Findings(
                    inputs + other.inputs,
                    read + other.read,
                    bad + other.bad,
                    Math.max(mostBytes, other.mostBytes),
                    Math.max(mostNanos, other.mostNanos));
        }
    }

    /** The valid files of one folder, and what they are read against. */
    private record Base(byte[] safetensors, byte[] config, byte[] generation, Checkpoint checkpoint) {}

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Path room;
    private final long seed;
    private final List<Base> bases = new ArrayList<>();
    private final List<byte[]> tokenizers = new ArrayList<>();
    private final byte[] small;
    private final byte[] index;
    private volatile long running = -1;
    private volatile long began;

    /**
     * @param folders models whose files are mutated; those of more than 4 MiB are left out
     * @param room a folder for mutated files
     */
    public Fuzz(List<Path> folders, Path room, long seed) {
        this.room = room;
        this.seed = seed;
        Path shard = room.resolve("a.safetensors");
        new SafetensorsWriter()
                .put("a.weight", Tensor.full(1, 3, 5))
                .putLongs("ids", new long[] {1, 2, 3}, 3)
                .meta("k", "v")
                .write(shard);
        small = read(shard);
        index = bytes("{\"metadata\":{\"total_size\":84},\"weight_map\":{\"a.weight\":\"a.safetensors\",\"ids\":"
                + "\"a.safetensors\"}}");
        tokenizers.addAll(
                List.of(
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
                                        + "\"vocab\":[[\"<unk>\",0.0],[\"_\",-1.5],[\"a\",-2.0],[\"ab\",-1.0],[\"b\",-3.0]]}}")));
        try {
            folders.forEach(this::add);
            if (bases.isEmpty()) {
                add(tinyLlama());
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        bases.forEach(base -> base.checkpoint().close());
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(Path folder) {
        Path weights = folder.resolve("model.safetensors");
        if (weights.toFile().length() > LARGEST_BASE || !Files.isRegularFile(weights)) {
            throw new IllegalArgumentException("fuzz: " + folder + " must hold a model.safetensors of at most "
                    + (LARGEST_BASE >> 20) + " MiB; use a small model");
        }
        Path generation = folder.resolve("generation_config.json");
        bases.add(new Base(
                read(weights),
                read(folder.resolve("config.json")),
                Files.isRegularFile(generation) ? read(generation) : bytes("{}"),
                Checkpoint.open(weights)));
        Path tokenizer = folder.resolve("tokenizer.json");
        if (Files.isRegularFile(tokenizer)) {
            tokenizers.add(read(tokenizer));
        }
    }

    /** One layer of 8 columns. */
    private Path tinyLlama() {
        Path folder = room.resolve("llama");
        try {
            Files.createDirectories(folder);
            Files.writeString(
                    folder.resolve("config.json"),
                    "{\"model_type\":\"llama\",\"hidden_size\":8,\"intermediate_size\":6,\"num_hidden_layers\":1,"
                            + "\"num_attention_heads\":2,\"num_key_value_heads\":1,\"vocab_size\":7,\"rms_norm_eps\":1e-05,"
                            + "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":8.0},\"eos_token_id\":[1,2],"
                            + "\"hidden_act\":\"silu\",\"tie_word_embeddings\":true,\"head_dim\":4}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String at = "model.layers.0.";
        new SafetensorsWriter()
                .put("model.embed_tokens.weight", Tensor.full(0.5f, 7, 8))
                .put("model.norm.weight", Tensor.full(1, 8))
                .put(at + "input_layernorm.weight", Tensor.full(1, 8))
                .put(at + "post_attention_layernorm.weight", Tensor.full(1, 8))
                .put(at + "self_attn.q_proj.weight", Tensor.full(0.1f, 8, 8))
                .put(at + "self_attn.k_proj.weight", Tensor.full(0.1f, 4, 8))
                .put(at + "self_attn.v_proj.weight", Tensor.full(0.1f, 4, 8))
                .put(at + "self_attn.o_proj.weight", Tensor.full(0.1f, 8, 8))
                .put(at + "mlp.gate_proj.weight", Tensor.full(0.1f, 6, 8))
                .put(at + "mlp.up_proj.weight", Tensor.full(0.1f, 6, 8))
                .put(at + "mlp.down_proj.weight", Tensor.full(0.1f, 8, 6))
                .write(folder.resolve("model.safetensors"));
        return folder;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Runs the inputs {@code from} to {@code to} (exclusive).
     *
     * @param bad is given one line for each bad outcome
     */
    public Findings run(long from, long to, Consumer<String> bad) {
        long read = 0;
        long wrong = 0;
        long largest = 0;
        long slowest = 0;
        for (long input = from; input < to; input++) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L + input);
            long allocated = memory.getCurrentThreadAllocatedBytes();
            began = System.nanoTime();
            running = input;
            String outcome = outcome(random);
            long nanos = System.nanoTime() - began;
            long took = memory.getCurrentThreadAllocatedBytes() - allocated;
            largest = Math.max(largest, took);
            slowest = Math.max(slowest, nanos);
            if (outcome.isEmpty()) {
                read++;
            }
            if (took > MOST_BYTES || nanos > MOST_NANOS) {
                outcome = BAD + "took " + (took >> 10) + " KiB and " + nanos / 1_000_000 + " ms";
            }
            if (outcome.startsWith(BAD)) {
                wrong++;
                bad.accept("seed " + seed + " input " + input + ": " + outcome.substring(BAD.length()));
            }
        }
        running = -1;
        return new Findings(to - from, read, wrong, largest, slowest);
    }

    /** The input that is running for longer than it may, or −1: for another thread to watch. */
    public long stuck() {
        long input = running;
        return input >= 0 && System.nanoTime() - began > 4 * MOST_NANOS ? input : -1;
    }

    /** Nothing where it was read, {@link #BAD} and what happened, or the error that refused it. */
    private String outcome(Random random) {
        try {
            one(random);
            return "";
        } catch (IllegalArgumentException | UncheckedIOException e) {
            String message = String.valueOf(e.getMessage());
            boolean clear = message.length() >= 10 && message.length() <= 4000 && message.indexOf('\n') < 0;
            return clear ? message : BAD + "the message is not one clear line: " + message.replace('\n', '|');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError | InternalError e) {
            StackTraceElement[] trace = e.getStackTrace();
            return BAD + e + (trace.length == 0 ? "" : " at " + trace[0]);
        }
    }

    private void one(Random random) throws IOException {
        Base base = bases.get(random.nextInt(bases.size()));
        switch (random.nextInt(16)) {
            case 0, 1, 2 -> readSafetensors(mutate(random, small));
            case 3, 4 -> readSafetensors(mutate(random, base.safetensors()));
            case 5, 6, 7, 8 -> readConfig(mutate(random, base.config()), base);
            case 9 -> readGeneration(mutate(random, base.generation()), base);
            case 10 -> readIndex(mutate(random, index));
            default -> readTokenizer(mutate(random, tokenizers.get(random.nextInt(tokenizers.size()))));
        }
    }

    private void readSafetensors(byte[] bytes) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(Files.write(room.resolve("m.safetensors"), bytes))) {
            for (String name : checkpoint.names()) {
                if (checkpoint.info(name).dtype().isFloat()) {
                    checkpoint.tensor(name);
                } else {
                    checkpoint.longs(name);
                }
            }
        }
    }

    private static void readConfig(byte[] bytes, Base base) {
        Config config = Config.parse("config.json", new String(bytes, StandardCharsets.ISO_8859_1));
        Architectures.check(config, base.checkpoint());
        Network network = Architectures.load(config, base.checkpoint());
        int[] ids = new int[Math.min(3, network.sizes().context())];
        Pass pass = Pass.of(ids.length);
        switch (network) {
            case Network.Decoder decoder -> decoder.hidden(pass, ids);
            case Network.Encoder encoder -> encoder.hidden(pass, ids, ids);
            case Network.EncoderDecoder pair -> {
                Memory memory = pair.encode(pass, ids);
                pair.decode(Pass.of(ids.length), ids, memory);
            }
            case Network.Viewer viewer -> {}
        }
    }

    private static void readGeneration(byte[] bytes, Base base) {
        Config own = Config.parse("config.json", new String(base.config(), StandardCharsets.UTF_8));
        Config generation = Config.parse("generation_config.json", new String(bytes, StandardCharsets.ISO_8859_1));
        Rules.read(own, Optional.of(generation), Architectures.load(own, base.checkpoint()));
    }

    private void readIndex(byte[] bytes) throws IOException {
        Files.write(room.resolve("model.safetensors.index.json"), bytes);
        Checkpoint.open(room).close();
    }

    private static void readTokenizer(byte[] bytes) {
        String json = Json.utf8("tokenizer.json", ByteBuffer.wrap(bytes));
        try (Tokenizer tokenizer = Tokenizer.parse("tokenizer.json", json)) {
            int[] ids = tokenizer
                    .encode("ab c  <s> a😀 abc e\u0301 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")
                    .ids();
            tokenizer.decode(ids);
            tokenizer.decodeWithSpecial(ids);
            for (int id = 0; id < Math.min(MOST_LABELS, tokenizer.size()); id++) {
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
        int at = random.nextInt(Math.min(bytes.length, HEAD));
        int to = Math.min(bytes.length, at + random.nextInt(12));
        return switch (random.nextInt(8)) {
            case 0 -> flip(bytes, at, 1 << random.nextInt(8));
            case 1 -> flip(bytes, at, 1 + random.nextInt(255));
            case 2 -> splice(bytes, at, bytes.length, new byte[0]);
            case 3 -> splice(bytes, at, to, new byte[0]);
            case 4 -> splice(bytes, at, at, Arrays.copyOfRange(bytes, at, to));
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
