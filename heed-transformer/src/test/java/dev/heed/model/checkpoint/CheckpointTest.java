package dev.heed.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    @TempDir
    Path folder;

    private Path shard(String file, String tensor) {
        Path path = folder.resolve(file);
        new SafetensorsWriter()
                .put(tensor, Tensor.of(new float[] {1, -2, 3.5f}, 3))
                .write(path);
        return path;
    }

    private void index(String weightMap) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + weightMap + "}}");
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> Checkpoint.open(folder).close())
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    @Test
    void aLinkStaysALinkToWhatIsWritten() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        WholeFile.write(link, "new");
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("new");
    }

    /** As root, {@code -o /dev/null} would have put a file in the device's place, for everybody. */
    @Test
    void aPipeIsWrittenIntoAndNotReplaced() throws Exception {
        Path pipe = folder.resolve("pipe");
        assumeTrue(hasMade(pipe), "no mkfifo here");
        Process reader = new ProcessBuilder("cat", pipe.toString()).start();
        WholeFile.write(pipe, "through the pipe");
        assertThat(Files.isRegularFile(pipe)).isFalse();
        assertThat(reader.inputReader().readLine()).isEqualTo("through the pipe");
    }

    private static boolean hasMade(Path pipe) throws InterruptedException {
        try {
            return new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** What a clone without Git LFS holds in place of the weights. */
    @Test
    void aStandInOfGitLfsIsToldAsSuch() throws IOException {
        Path file = folder.resolve("model.safetensors");
        Files.writeString(
                file, "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 1234567\n");
        assertThatThrownBy(() -> Checkpoint.open(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("model.safetensors: is a stand-in of Git LFS")
                .hasMessageContaining("git lfs pull");
    }

    @Test
    void aMatrixIsPackedAsItIsReadWithTheSameWeights() {
        Path file = folder.resolve("matrices.safetensors");
        // Several tasks of several chunks, with a ragged last panel; one long and one short row.
        Tensor wide = ramp(70, 1301);
        Tensor tall = ramp(4099, 37);
        new SafetensorsWriter().put("wide", wide).put("tall", tall).write(file);
        try (Checkpoint read = Checkpoint.open(file)) {
            for (int threads = 1; threads <= 2; threads++) {
                Workers.with(threads, () -> {
                    assertThat(unpacked(read, "wide", 70, 1301, false)).isEqualTo(wide.toArray());
                    assertThat(unpacked(read, "tall", 4099, 37, false)).isEqualTo(tall.toArray());
                    assertThat(unpacked(read, "wide", 1301, 70, true))
                            .isEqualTo(wide.transpose(0, 1).toArray());
                    assertThat(unpacked(read, "tall", 37, 4099, true))
                            .isEqualTo(tall.transpose(0, 1).toArray());
                    return read;
                });
            }
            assertThatThrownBy(() -> read.packed("wide", 1301, 70, false))
                    .hasMessageContaining("'wide' must have shape [1301, 70], got [70, 1301]");
        }
    }

    private static float[] unpacked(Checkpoint read, String name, int out, int in, boolean transposed) {
        return read.packed(name, out, in, transposed).unpack().toArray();
    }

    private static Tensor ramp(int rows, int columns) {
        Tensor tensor = Tensor.zeros(rows, columns);
        for (int i = 0; i < tensor.array().length; i++) {
            tensor.array()[i] = i * 0.37f - 1;
        }
        return tensor;
    }

    @Test
    void whatIsWrittenIsReadBackAndTheSameBytesWhateverTheOrder() throws IOException {
        float[] many = new float[300_001]; // several chunks, a ragged last one
        for (int i = 0; i < many.length; i++) {
            many[i] = i * 0.37f - 1;
        }
        Path one = folder.resolve("one.safetensors");
        Path two = folder.resolve("two.safetensors");
        Tensor transposed = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose(0, 1);
        new SafetensorsWriter()
                .put("m", Tensor.of(many, many.length))
                .put("t", transposed)
                .putLongs("i", new long[] {-1}, 1)
                .meta("a", "ä")
                .write(one);
        new SafetensorsWriter()
                .meta("a", "ä")
                .putLongs("i", new long[] {-1}, 1)
                .put("t", transposed)
                .put("m", Tensor.of(many, many.length))
                .write(two);
        assertThat(Files.readAllBytes(one)).isEqualTo(Files.readAllBytes(two));
        try (Checkpoint read = Checkpoint.open(one)) {
            for (int threads = 1; threads <= 2; threads++) {
                assertThat(Workers.with(threads, () -> read.tensor("m").toArray()))
                        .isEqualTo(many);
            }
            assertThat(read.tensor("t", 3, 2).toArray()).containsExactly(1, 4, 2, 5, 3, 6);
            assertThat(read.longs("i")).containsExactly(-1);
            assertThat(read.metadata()).containsEntry("a", "ä");
            assertThatThrownBy(() -> read.tensor("t", 2, 3))
                    .hasMessageContaining("'t' must have shape [2, 3], got [3, 2]");
            assertThatThrownBy(() -> read.tensor("i")).hasMessageContaining("I64 cannot be read as float32");
            assertThatThrownBy(() -> read.tensor("none")).hasMessageContaining("no tensor 'none'");
        }
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void everyElementTypeIsConverted() throws IOException {
        assertThat(read("F64", 8, b -> b.putDouble(1.5).putDouble(-0.1))
                        .tensor("x")
                        .toArray())
                .containsExactly(1.5f, -0.1f);
        assertThat(read("F16", 2, b -> b.putShort((short) 0x3C00).putShort((short) 0x8001))
                        .tensor("x")
                        .toArray())
                .containsExactly(1f, -0x1p-24f);
        assertThat(read("BF16", 2, b -> b.putShort((short) 0x3F80).putShort((short) 0xC040))
                        .tensor("x")
                        .toArray())
                .containsExactly(1f, -3f);
        assertThat(read("I32", 4, b -> b.putInt(-7).putInt(Integer.MAX_VALUE)).longs("x"))
                .containsExactly(-7, Integer.MAX_VALUE);
        assertThat(read("U32", 4, b -> b.putInt(-1).putInt(1)).longs("x")).containsExactly(4294967295L, 1);
        assertThat(read("I16", 2, b -> b.putShort((short) -2).putShort((short) 3))
                        .longs("x"))
                .containsExactly(-2, 3);
        assertThat(read("U16", 2, b -> b.putShort((short) -1).putShort((short) 3))
                        .longs("x"))
                .containsExactly(65535, 3);
        assertThat(read("I8", 1, b -> b.put((byte) -2).put((byte) 3)).longs("x"))
                .containsExactly(-2, 3);
        assertThat(read("U8", 1, b -> b.put((byte) -1).put((byte) 3)).longs("x"))
                .containsExactly(255, 3);
        assertThat(read("BOOL", 1, b -> b.put((byte) 0).put((byte) 7)).booleans("x"))
                .containsExactly(false, true);
        assertThatThrownBy(() -> read("U64", 8, b -> b.putLong(-1).putLong(1)).longs("x"))
                .hasMessageContaining("2^63");
        assertThatThrownBy(() ->
                        read("F8_E5M2", 1, b -> b.put((byte) 1).put((byte) 1)).tensor("x"))
                .hasMessageContaining("unsupported dtype F8_E5M2");
    }

    private Checkpoint read(String dtype, int width, java.util.function.Consumer<ByteBuffer> fill) throws IOException {
        byte[] header = ("{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":[2],\"data_offsets\":[0," + 2 * width + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + 2 * width).order(ByteOrder.LITTLE_ENDIAN);
        fill.accept(bytes.putLong(header.length).put(header));
        return Checkpoint.open(Files.write(folder.resolve(dtype + ".safetensors"), bytes.array()));
    }

    @Test
    void shardsReadAsOne() throws IOException {
        shard("s1.safetensors", "model.a.weight");
        shard("s2.safetensors", "model.norm.gamma");
        index("\"model.a.weight\":\"s1.safetensors\",\"model.norm.gamma\":\"s2.safetensors\"");
        try (Checkpoint read = Checkpoint.open(folder)) {
            assertThat(read.names()).containsExactly("model.a.weight", "model.norm.gamma");
            assertThat(read.elements()).isEqualTo(6);
            assertThat(read.tensor("model.norm.gamma").toArray()).containsExactly(1, -2, 3.5f);
            assertThat(read.find("norm.weight", "", "model.")).hasValue("model.norm.gamma");
            assertThat(read.find("norm.bias", "", "model.")).isEmpty();
        }
    }

    @Test
    void indexesThatLeaveTheFolderOrDisagreeWithTheirShardsAreRefused() throws IOException {
        shard("s1.safetensors", "a");
        Path outside = Files.createTempDirectory("outside");
        new SafetensorsWriter().put("a", Tensor.zeros(1)).write(outside.resolve("o.safetensors"));
        index("\"a\":\"missing.safetensors\"");
        refused("'missing.safetensors' is missing");
        index("\"a\":\"../" + folder.getFileName() + "/s1.safetensors\"");
        refused("must lie inside this folder");
        index("\"a\":\"" + outside.resolve("o.safetensors") + "\"");
        refused("must lie inside this folder");
        Files.createSymbolicLink(folder.resolve("link.safetensors"), outside.resolve("o.safetensors"));
        index("\"a\":\"link.safetensors\"");
        refused("a link that leaves this folder");
        index("\"b\":\"s1.safetensors\"");
        refused("tensor 'a' is in shard 's1.safetensors', but the index does not list it");
        index("\"a\":\"s1.safetensors\",\"b\":\"s1.safetensors\"");
        refused("tensor 'b' must be in shard 's1.safetensors', but is not there");
        shard("s2.safetensors", "a");
        shard("s3.safetensors", "b");
        index("\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"");
        refused("tensor 'a' is in shard 's2.safetensors', but the index says 's1.safetensors'");
        index("\"a\":\"s1.safetensors\",\"a\":\"s2.safetensors\"");
        refused("bad JSON");
        index("\"a\":7");
        refused("must give a file's name for tensor 'a'");
        index("");
        refused("'weight_map'");
        Files.delete(outside.resolve("o.safetensors"));
        Files.delete(outside);
    }

    @Test
    void otherFormatsAreRefusedWithTheWayOut() throws IOException {
        refused("no weights found");
        Files.write(folder.resolve("model.gguf"), new byte[4]);
        refused("must be safetensors", "'model.gguf'");
        Files.write(folder.resolve("aa_pytorch_model.bin"), new byte[4]);
        refused("a Python pickle, which can run code", "safe_serialization=True");
        assertThatThrownBy(() -> Checkpoint.open(folder.resolve("x.pt"))).hasMessageContaining("pickle");
        assertThatThrownBy(() -> Checkpoint.open(folder.resolve("none.safetensors")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("there is no such file");
    }

    @Test
    void everyTruncationIsRefusedAndNoFlippedBitCrashes() throws IOException {
        byte[] valid = Files.readAllBytes(shard("v.safetensors", "a"));
        for (int length = 0; length < valid.length; length++) {
            Path cut = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(valid, length));
            assertThatThrownBy(() -> Checkpoint.open(cut))
                    .as("%s bytes", length)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        int read = 0;
        for (int bit = 0; bit < 8 * valid.length; bit++) {
            byte[] flipped = valid.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            try (Checkpoint opened = Checkpoint.open(Files.write(folder.resolve("bit.safetensors"), flipped))) {
                opened.names().forEach(opened::info);
                read++;
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
        assertThat(read).isGreaterThanOrEqualTo(3 * 4 * 8); // every bit of the data is legal
    }

    /** Sizes multiply to 2^64 − 1 at most before one of 0 ends it; −0 is no size, and a list of names no null. */
    @Test
    void sizesAreReadAsTheReferenceReadsThem() throws IOException {
        for (String shape : List.of("1152921504606846976, 0", "4611686018427387904, 3, 0", "0, 9223372036854775807")) {
            try (Checkpoint read = Checkpoint.open(
                    header("\"a\":{\"dtype\":\"I32\",\"shape\":[" + shape + "],\"data_offsets\":[0, 0]}"))) {
                assertThat(read.elements()).isZero();
                assertThat(read.longs("a")).isEmpty();
            }
        }
        for (String shape : List.of("4611686018427387904, 4, 0", "-0", "2305843009213693952")) {
            assertThatThrownBy(() -> Checkpoint.open(
                            header("\"a\":{\"dtype\":\"I64\",\"shape\":[" + shape + "],\"data_offsets\":[0, 0]}")))
                    .as(shape)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Checkpoint.open(header("\"__metadata__\":null")))
                .hasMessageContaining("'__metadata__' must be an object, got null");
    }

    private Path header(String entries) throws IOException {
        byte[] json = ("{" + entries + "}").getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(
                folder.resolve("header.safetensors"),
                bytes.putLong(json.length).put(json).array());
    }

    @Test
    void aFileThatShrinksWhileOpenGivesAnError() throws IOException {
        Path file = shard("s.safetensors", "a");
        try (Checkpoint open = Checkpoint.open(file)) {
            Files.write(file, new byte[20]);
            assertThatThrownBy(() -> open.tensor("a"))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("truncated");
        }
    }

    @Test
    void warningsComeInOneOrderWhateverTheThreads() {
        Path file = folder.resolve("nan.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < 9; i++) {
            writer.put("layer." + i, Tensor.full(Float.NaN, 3));
        }
        writer.write(file);
        try (Checkpoint open = Checkpoint.open(file)) {
            for (int i : new int[] {4, 8, 1, 0, 7, 2, 6, 3, 5, 4}) {
                open.tensor("layer." + i);
            }
            assertThat(open.warnings()).hasSize(9).isSorted();
        }
    }

    /** A file with holes takes no room. */
    @Test
    void tensorsLargerThanAnArrayAreNotTakenForEqual() throws IOException {
        long size = 1L << 31;
        byte[] header = ("{\"a\":{\"dtype\":\"U8\",\"shape\":[" + size + "],\"data_offsets\":[0," + size
                        + "]},\"b\":{\"dtype\":\"U8\",\"shape\":[" + size + "],\"data_offsets\":[" + size + ","
                        + 2 * size
                        + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("large.safetensors");
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            large.write(header);
            large.setLength(8 + header.length + 2 * size);
            large.seek(8 + header.length + size);
            large.write(1); // the first byte of b
        }
        try (Checkpoint open = Checkpoint.open(file)) {
            assertThatThrownBy(() -> open.same("a", "b"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("more than one Java array holds");
        }
    }

    @Test
    void severalThreadsMayAskOneConfig() throws InterruptedException {
        Config config = Config.parse("c", "{}");
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int own = t;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 10_000; i++) {
                    config.has(own + "." + i);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(config.asked()).hasSize(40_000);
    }

    @Test
    void configKeysAreNamedWithTheirRuleAndValue() {
        Config config = Config.parse(
                "config.json",
                "{\"h\":0,\"big\":1e99,\"eps\":NaN,\"act\":\"swish9\",\"n\":null,\"f\":1.5,\"s\":{\"t\":-1}}");
        assertThatThrownBy(() -> config.requireInt("h", 1, 100))
                .hasMessage("config.json: 'h' must be an integer from 1 to 100, got '0'");
        assertThatThrownBy(() -> config.requireInt("big", 1, 100)).hasMessageContaining("'big'");
        assertThatThrownBy(() -> config.requireInt("f", 1, 100)).hasMessageContaining("'f'");
        assertThatThrownBy(() -> config.requireInt("n", 1, 100))
                .hasMessageContaining("'n' must be an integer from 1 to 100, but is missing");
        assertThatThrownBy(() -> config.requireDouble("eps", 0, 1))
                .hasMessageContaining("'eps' must be a finite number");
        assertThatThrownBy(() -> config.requireOneOf("act", "gelu", "silu"))
                .hasMessageContaining("one of [gelu, silu], got");
        assertThatThrownBy(() -> config.within("s").orElseThrow().requireInt("t", 0, 9))
                .hasMessageContaining("'s.t'");
        assertThat(config.intOr("none", 7, 0, 9)).isEqualTo(7);
        assertThat(config.unread()).isEmpty();
        assertThatThrownBy(() -> Config.parse("c", "{\"a\":1,\"a\":2}")).hasMessageContaining("c: bad JSON");
        assertThatThrownBy(() -> Config.parse("c", "[".repeat(100_000))).hasMessageContaining("c: bad JSON");
        assertThatThrownBy(() -> Config.parse("c", "{} x")).hasMessageContaining("c: bad JSON");
        assertThatThrownBy(() -> Config.parse("c", "")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void boundsThatAreNoneAreNotSpelledOut() {
        Config config = Config.parse("c", "{\"clip\": -1, \"base\": 0}");
        assertThatThrownBy(() -> config.doubleOr("clip", 1, Double.MIN_VALUE, Double.MAX_VALUE))
                .hasMessageContaining("'clip' must be a finite number above 0, got '-1'");
        assertThatThrownBy(() -> config.requireDouble("base", 1, Double.MAX_VALUE))
                .hasMessageContaining("a finite number from 1.0 on, got '0'");
        assertThatThrownBy(() -> config.requireDouble("base", 1, 2)).hasMessageContaining("from 1.0 to 2.0, got '0'");
    }
}
