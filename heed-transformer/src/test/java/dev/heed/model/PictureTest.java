package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.lens.Reading;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From a picture file to patches, classes and labelled maps. */
class PictureTest {
    private static final Network.Cut CUT = new Network.Cut(6, 12, 2, 3, 3);

    @TempDir
    Path folder;

    @Test
    void aPictureFileGoesThroughTheModel() throws Exception {
        BufferedImage image = new BufferedImage(12, 6, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(11);
        double[][] patches = new double[12][CUT.numbers()];
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 12; x++) {
                int rgb = random.nextInt(1 << 24);
                image.setRGB(x, y, rgb);
                for (int c = 0; c < 3; c++) {
                    int value = rgb >> (16 - 8 * c) & 255;
                    patches[y / 2 * 4 + x / 3][(c * 2 + y % 2) * 3 + x % 3] = (value / 255.0 - 0.5) / 0.25;
                }
            }
        }
        PlainDouble reference = new PlainDouble(12);
        double[][] want = ReferenceTest.vit(reference, patches, CUT, 8, true);
        reference.linear(want, "classifier", 3, true);
        reference.write(folder, ReferenceTest.vitConfig(3, true));
        Files.writeString(
                folder.resolve("preprocessor_config.json"),
                "{\"image_mean\": [0.5, 0.5, 0.5], \"image_std\": [0.25, 0.25, 0.25]}");
        Path file = folder.resolve("noise.png");
        ImageIO.write(image, "png", file.toFile());

        try (Model model = Model.load(folder)) {
            Run run = model.run(Picture.read(file));
            float[] got = run.hiddenStates().getLast().toArray();
            for (int i = 0; i < got.length; i++) {
                assertThat((double) got[i])
                        .as("number " + i)
                        .isCloseTo(want[i / 8][i % 8], org.assertj.core.data.Offset.offset(1e-5));
            }
            assertThat(run.classes().orElseThrow().shape()).containsExactly(3);
            assertThat(run.recording().map(Kind.SELF, 1, 1).keyTokens())
                    .startsWith("[CLS]", "0,0", "0,1")
                    .endsWith("2,3");
            assertThat(model.classify(Picture.read(file)))
                    .extracting(ClassScore::label)
                    .containsExactlyInAnyOrder("cat", "dog", "hen");
            assertThatThrownBy(() -> model.generateAll(List.of(run.tokens()), Generation.Options.greedy(1)))
                    .hasMessageContaining("pictures");
            assertThatThrownBy(() -> model.run(run.tokens(), Run.Options.everything()))
                    .hasMessageContaining("Picture");
            assertThatThrownBy(() -> Reading.of(model, "The cat is here because it was hungry.", "it"))
                    .hasMessageContaining("a model of masked words is needed, such as bert, got vit");
        }
    }

    @ParameterizedTest
    @EnumSource(Resize.class)
    void onePictureInTwoSizesLooksTheSame(Resize resize) {
        int[] flat = new int[7 * 5];
        Arrays.fill(flat, 201);
        assertThat(resize.apply(flat, 7, 5, 3, 11)).hasSize(33).containsOnly(201);
        int[] noise = new Random(3).ints(35, 0, 256).toArray();
        assertThat(resize.apply(noise, 7, 5, 7, 5)).containsExactly(noise);
    }

    /** Weights ¾ and ¼ between centres, the edge repeated; when it shrinks, every pixel takes part. */
    @Test
    void bilinearWeightsAreThoseOfATriangle() {
        assertThat(Resize.BILINEAR.apply(new int[] {0, 100}, 2, 1, 4, 1)).containsExactly(0, 25, 75, 100);
        assertThat(Resize.BILINEAR.apply(new int[] {0, 100}, 1, 2, 1, 4)).containsExactly(0, 25, 75, 100);
        // 4 to 2: the first centre is 1, its weights ¾, ¾, ¼ over 1¾; the second mirrors it
        assertThat(Resize.BILINEAR.apply(new int[] {0, 240, 0, 0}, 4, 1, 2, 1)).containsExactly(103, 34);
    }

    @Test
    void greyPicturesKeepTheirValues() throws Exception {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(0, 0, 0, 128);
        image.getRaster().setSample(1, 0, 0, 3);
        Path file = folder.resolve("grey.png");
        ImageIO.write(image, "png", file.toFile());
        Picture picture = Picture.read(file);
        assertThat(new int[] {picture.channel(0, 0, 0), picture.channel(0, 0, 2), picture.channel(1, 0, 1)})
                .containsExactly(128, 128, 3);
    }

    @Test
    void whatIsNoPictureIsRefusedInASentence() throws Exception {
        Path text = Files.writeString(folder.resolve("a.png"), "no picture");
        assertThatThrownBy(() -> Picture.read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PNG or JPEG");
        assertThatThrownBy(() -> Picture.read(folder.resolve("none.png"))).hasMessageContaining("no such picture");
        byte[] huge = hugePng();
        Path file = Files.write(folder.resolve("huge.png"), huge);
        assertThatThrownBy(() -> Picture.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gif", "bmp", "tiff", "wbmp"})
    void otherKindsOfPicturesAreRefusedWhateverTheirName(String kind) throws Exception {
        BufferedImage image = new BufferedImage(4, 3, BufferedImage.TYPE_BYTE_BINARY);
        Path file = folder.resolve("cat.png");
        assertThat(ImageIO.write(image, kind, file.toFile())).isTrue();
        assertThatThrownBy(() -> Picture.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ": must be a PNG or JPEG picture, but is of another kind");
    }

    @Test
    void aPatchLargerThanAnyModelIsRefusedByName() {
        new SafetensorsWriter().put("x", Tensor.zeros(1)).write(folder.resolve("model.safetensors"));
        Config config = Config.parse(
                "config.json",
                "{\"model_type\":\"vit\",\"hidden_size\":8,\"intermediate_size\":8,\"num_hidden_layers\":1,"
                        + "\"num_attention_heads\":1,\"image_size\":16384,\"patch_size\":16384,\"num_channels\":64}");
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> Architectures.check(config, checkpoint))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("config.json: 'patch_size' must give a patch at most 1048576 numbers, got 16384 × 16384"
                            + " of 64 channels");
        }
    }

    /** A valid header that claims 100,000 × 100,000 pixels. */
    private byte[] hugePng() throws Exception {
        BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        Path file = folder.resolve("tiny.png");
        ImageIO.write(image, "png", file.toFile());
        byte[] bytes = Files.readAllBytes(file);
        java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(bytes);
        buffer.putInt(16, 100_000).putInt(20, 100_000);
        java.util.zip.CRC32 sum = new java.util.zip.CRC32();
        sum.update(bytes, 12, 17);
        buffer.putInt(29, (int) sum.getValue());
        return bytes;
    }
}
