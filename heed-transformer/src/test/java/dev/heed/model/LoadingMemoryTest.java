package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Config;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loading in a process that has no more memory than it may need: heap for 1.2 × the weights in float32, and next to none
 * outside. A process that needed more would end, however seldom the need.
 */
class LoadingMemoryTest {
    /** Outside the heap, pieces of files on their way. */
    private static final String DIRECT = "-XX:MaxDirectMemorySize=8m";

    private static final String CONFIG = """
            {"model_type": "%s", "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 6,
             "num_attention_heads": 8, "vocab_size": 8192, "max_position_embeddings": 512, "tie_word_embeddings": true,
             "n_embd": 512, "n_layer": 6, "n_head": 8, "n_positions": 512}
            """;

    @TempDir
    private Path folder = Path.of(""); // set by JUnit

    /** The process: {@code LoadingMemoryTest FOLDER}. */
    public static void main(String[] args) {
        try (Model model = Model.load(Path.of(args[0]))) {
            System.out.println("loaded " + model.parameters());
        }
    }

    @ParameterizedTest
    @CsvSource({"llama, F32, 1", "llama, BF16, 3", "llama, F64, 1", "gpt2, F32, 1", "gpt2, F16, 2", "bert, F16, 1"})
    void loadingNeedsAtMostAFifthMoreThanTheWeights(String type, String dtype, int shards) throws Exception {
        long weights = write(type, dtype, shards);
        assertThat(weights).isBetween(80_000_000L, 200_000_000L);
        Result result = load(weights * 12 / 10);
        assertThat(result.output).as("%s %s", type, dtype).startsWith("loaded " + weights / 4);
        assertThat(result.code).isZero();
    }

    /** The bound is one: with less than the weights themselves nothing is loaded. */
    @Test
    void lessThanTheWeightsIsNotEnough() throws Exception {
        Result result = load(write("llama", "F32", 1) * 95 / 100);
        assertThat(result.output).contains("OutOfMemoryError");
        assertThat(result.code).isNotZero();
    }

    private record Result(int code, String output) {}

    private Result load(long heap) throws IOException, InterruptedException {
        Path output = folder.resolve("output.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC", // old and new of fixed sizes: no luck with regions
                        "-Xmn4m",
                        "-Xmx" + heap / 1024 + "k",
                        DIRECT,
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoadingMemoryTest.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readAllLines(output).stream()
                .filter(line -> !line.startsWith("WARNING"))
                .collect(Collectors.joining("\n"));
        return new Result(process.exitValue(), said);
    }

    // ---- a folder of zeros

    /** Writes config and checkpoint; returns the bytes of the weights in float32. */
    private long write(String type, String dtype, int shards) throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG.formatted(type));
        Map<String, int[]> shapes = new TreeMap<>();
        Parameters named = Parameters.fresh((name, shape) -> {
            shapes.put(name, shape);
            return Tensor.zeros(1).broadcastTo(shape);
        });
        Architectures.fresh(Config.read(folder), named);
        List<String> names = new ArrayList<>(shapes.keySet());
        List<String> index = new ArrayList<>();
        int bytes = dtype.equals("F64") ? 8 : dtype.equals("F32") ? 4 : 2;
        long elements = 0;
        for (int shard = 0; shard < shards; shard++) {
            String file = shards == 1 ? "model.safetensors" : "model-" + shard + ".safetensors";
            List<String> some = names.subList(names.size() * shard / shards, names.size() * (shard + 1) / shards);
            some.forEach(name -> index.add("\"" + name + "\": \"" + file + "\""));
            elements += shard(folder.resolve(file), some, shapes, dtype, bytes);
        }
        if (shards > 1) {
            Files.writeString(
                    folder.resolve("model.safetensors.index.json"),
                    "{\"weight_map\": {" + String.join(", ", index) + "}}");
        }
        return 4 * elements;
    }

    private static long shard(Path file, List<String> names, Map<String, int[]> shapes, String dtype, int bytes)
            throws IOException {
        List<String> entries = new ArrayList<>();
        long at = 0;
        for (String name : names) {
            long size = bytes;
            List<String> shape = new ArrayList<>();
            for (int side : Objects.requireNonNull(shapes.get(name))) {
                size *= side;
                shape.add("" + side);
            }
            entries.add("\"" + name + "\": {\"dtype\": \"" + dtype + "\", \"shape\": [" + String.join(", ", shape)
                    + "], \"data_offsets\": [" + at + ", " + (at + size) + "]}");
            at += size;
        }
        byte[] header = ("{" + String.join(", ", entries) + "}").getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            out.write(header);
            byte[] zeros = new byte[1 << 20];
            for (long left = at; left > 0; left -= zeros.length) {
                out.write(zeros, 0, (int) Math.min(left, zeros.length));
            }
        }
        return at / bytes;
    }
}
