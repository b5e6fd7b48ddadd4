package dev.heed.text;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of Marian and T5 as they are published: SentencePiece files and no tokenizer.json. */
class SentencePieceTest {
    private static final List<String> TEXTS = List.of(
            "The cat sat on the mat.",
            "what is the city, and why?",
            " leading space",
            "word",
            "numbers 1984 and signs & % §",
            "日本 are two unknown characters, ß is one");

    @TempDir
    private Path folder = Path.of(""); // set by JUnit

    private static Map<String, Double> pieces(String name) {
        Map<String, Double> pieces = new LinkedHashMap<>();
        Json.read(given(name).resolve("tokenizer.json"), 1 << 20)
                .path("model")
                .path("vocab")
                .forEach(entry ->
                        pieces.put(entry.get(0).asString(), entry.get(1).asDouble()));
        return pieces;
    }

    // ---- against the same vocabulary as tokenizer.json

    @ParameterizedTest
    @ValueSource(strings = {"marian", "t5"})
    void theSameTokensAsTokenizerJson(String name) throws IOException {
        Map<String, Double> pieces = pieces(name);
        if (name.equals("marian")) {
            Files.writeString(folder.resolve("vocab.json"), SentencePieceFile.ids(pieces.keySet()));
            Files.write(folder.resolve("source.spm"), SentencePieceFile.unigram(pieces));
        } else {
            Files.write(folder.resolve("spiece.model"), SentencePieceFile.unigram(pieces));
        }
        try (Tokenizer expected = Tokenizer.load(given(name));
                Tokenizer got = Tokenizer.load(folder)) {
            for (String text : TEXTS) {
                int[] ids = expected.encode(text).ids();
                assertThat(got.encode(text).ids()).as(text).containsExactly(ids);
                assertThat(got.decode(ids)).as(text).isEqualTo(expected.decode(ids));
                assertThat(got.encode(text).labels())
                        .isEqualTo(expected.encode(text).labels());
            }
            assertThat(got.encode("two  spaces ").ids())
                    .containsExactly(got.encode("two spaces").ids());
            assertThat(got.id(SpecialToken.EOS)).hasValue(1);
            int extra = pieces.size();
            assertThat(got.size()).isEqualTo(name.equals("t5") ? extra + 100 : extra);
            if (name.equals("t5")) {
                assertThat(got.encode("a <extra_id_0> b").ids()).contains(extra + 99);
                assertThat(got.encode("a", "b").labels()).containsExactly("␣a", "</s>", "␣b", "</s>");
            }
        }
    }

    /** Marian's ids are those of vocab.json, whatever the order of the pieces; what is only written is read where it must be. */
    @Test
    void marianReadsLanguagesAndKeepsTheOtherSidesTokensApart() throws IOException {
        Map<String, Double> pieces = new LinkedHashMap<>();
        pieces.put("<unk>", 0.0);
        pieces.put("</s>", 0.0);
        List.of("▁", "▁a", "a", "b", "▁ab").forEach(piece -> pieces.put(piece, -2.0 - pieces.size()));
        Files.write(folder.resolve("source.spm"), SentencePieceFile.unigram(pieces));
        Files.writeString(
                folder.resolve("vocab.json"),
                SentencePieceFile.ids(
                        List.of("</s>", "<unk>", "▁abba", "bb", "ß", "a", "▁ab", ">>deu<<", "b", "▁a", "▁", "<pad>")));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("abba").labels()).containsExactly("␣ab", "b", "a", "</s>");
            assertThat(tokenizer.encode("abba").ids()).containsExactly(6, 8, 5, 0);
            assertThat(tokenizer.encode(">>deu<< ab").ids()).containsExactly(7, 6, 0);
            assertThat(tokenizer.encode("aß").ids()).containsExactly(9, 4, 0);
            assertThat(tokenizer.encode("a日本").ids()).containsExactly(9, 1, 0);
            assertThat(tokenizer.decode(2, 3, 10, 4, 0)).isEqualTo("abbabb ß");
        }
    }

    /** The same text has other pieces and ids on each side. */
    @Test
    void marianMayWriteWithAVocabularyOfItsOwn() throws IOException {
        Map<String, Double> read = new LinkedHashMap<>(Map.of("<unk>", 0.0, "</s>", 0.0, "▁a", -3.0, "b", -4.0));
        Map<String, Double> written = new LinkedHashMap<>(Map.of("<unk>", 0.0, "</s>", 0.0, "▁ab", -3.0, "▁a", -4.0));
        Files.write(folder.resolve("source.spm"), SentencePieceFile.unigram(read));
        Files.write(folder.resolve("target.spm"), SentencePieceFile.unigram(written));
        Files.writeString(
                folder.resolve("vocab.json"), SentencePieceFile.ids(List.of("</s>", "<unk>", "▁a", "b", "<pad>")));
        Files.writeString(
                folder.resolve("target_vocab.json"),
                SentencePieceFile.ids(List.of("</s>", "<unk>", "▁ab", "▁a", "c", "<pad>")));
        assertThat(Tokenizer.loadWritten(folder)).isEmpty();
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"separate_vocabs\": true}");
        try (Tokenizer reader = Tokenizer.load(folder);
                Tokenizer writer = Tokenizer.loadWritten(folder).orElseThrow()) {
            assertThat(reader.encode("ab").ids()).containsExactly(2, 3, 0);
            assertThat(writer.encode("ab").ids()).containsExactly(2, 0);
            assertThat(writer.encode("ab").labels()).containsExactly("␣ab", "</s>");
            assertThat(writer.decode(3, 2, 4, 0)).isEqualTo("a abc");
        }
    }

    /** What no piece has is read as bytes and joined again. */
    @Test
    void bytesStandForWhatNoPieceHas() throws IOException {
        Map<String, Double> pieces = new LinkedHashMap<>();
        List.of("<pad>", "</s>", "<unk>", "▁", "▁a", "a").forEach(piece -> pieces.put(piece, -1.0 * pieces.size()));
        for (int i = 0; i < 256; i++) {
            pieces.put("<0x%02X>".formatted(i), -10.0);
        }
        Files.write(folder.resolve("spiece.model"), SentencePieceFile.file(pieces, 1, true, true));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            int[] ids = tokenizer.encode("aé a").ids();
            assertThat(ids).containsExactly(4, 6 + 0xC3, 6 + 0xA9, 4, 1);
            assertThat(tokenizer.decode(ids)).isEqualTo("aé a");
        }
    }

    /** SentencePiece drops blanks at both ends, and nothing else that is white. */
    @Test
    void blanksAtTheEndsAreNoText() throws IOException {
        Map<String, Double> pieces = new LinkedHashMap<>();
        List.of("<pad>", "</s>", "<unk>", "▁", "▁a", "a", "\u0085")
                .forEach(piece -> pieces.put(piece, -1.0 * pieces.size()));
        for (boolean prefix : new boolean[] {false, true}) {
            Files.write(folder.resolve("spiece.model"), SentencePieceFile.file(pieces, 1, false, prefix));
            try (Tokenizer tokenizer = Tokenizer.load(folder)) {
                int first = prefix ? 4 : 5;
                assertThat(tokenizer.encode("  a  a ").ids()).containsExactly(first, 4, 1);
                assertThat(tokenizer.encode("a\u0085").ids()).containsExactly(first, 6, 1);
            }
        }
    }

    @Test
    void filesThatAreNoModelAreRefused() throws IOException {
        Files.write(folder.resolve("spiece.model"), new byte[] {1, 2, 3});
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("spiece.model: is not a SentencePiece");
        Files.write(
                folder.resolve("spiece.model"),
                SentencePieceFile.file(Map.of("</s>", 0.0, "<unk>", 0.0, "a", -1.0), 2));
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("unigram", "save_pretrained");
        Files.write(folder.resolve("spiece.model"), SentencePieceFile.file(Map.of("<unk>", 0.0, "a", -1.0), 1));
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("must list </s>");
        Files.write(folder.resolve("source.spm"), SentencePieceFile.file(Map.of("</s>", 0.0, "<unk>", 0.0), 1));
        Files.writeString(folder.resolve("vocab.json"), "{\"</s>\": 0, \"<unk>\": 2}");
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("vocab.json: ids must be from 0 to 1");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"separate_vocabs\": true}");
        assertThatThrownBy(() -> Tokenizer.loadWritten(folder))
                .hasMessageContaining("target.spm is missing, which separate_vocabs");
    }

    /** Each mutation is read or refused. */
    @Test
    void mutatedFilesAreReadOrRefused() {
        Map<String, Double> pieces = new LinkedHashMap<>();
        for (int i = 0; i < 40; i++) {
            pieces.put("▁piece" + i, -1.0 - i);
        }
        byte[] good = SentencePieceFile.unigram(pieces);
        Random random = new Random(3);
        int refused = 0;
        for (int n = 0; n < 20_000; n++) {
            byte[] bad = good.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = random.nextInt(3) == 0 ? java.util.Arrays.copyOf(bad, random.nextInt(bad.length)) : bad;
            try {
                assertThat(SentencePiece.parse("fuzz", cut).scores()).isNotEmpty();
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageStartingWith("fuzz: ");
                refused++;
            }
        }
        assertThat(refused).isBetween(1_000, 19_999);
    }
}
