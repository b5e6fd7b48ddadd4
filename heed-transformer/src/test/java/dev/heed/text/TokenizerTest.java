package dev.heed.text;

import static dev.heed.Shared.given;
import static dev.heed.Shared.givenNames;
import static dev.heed.Shared.model;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.heed.Shared;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class TokenizerTest {
    private static final List<String> AWKWARD = List.of(
            "a😀 é e\u0301 b\nc\td",
            "👩‍👩‍👧‍👦 family, naïve café, 東京 🇫🇷!",
            "  leading and trailing  ",
            "x\u0000y\u202Ez",
            "don't stop; it's <s> [SEP] </s> here");

    @TempDir
    Path folder;

    private static List<Path> folders() {
        return givenNames().map(Shared::given).toList();
    }

    @TestFactory
    List<DynamicTest> idsAndOffsetsEqualTransformers() throws IOException {
        assertThat(folders()).hasSize(11);
        return folders().stream()
                .map(path -> dynamicTest(path.getFileName().toString(), () -> checkExpected(path)))
                .toList();
    }

    private static void checkExpected(Path path) {
        try (Tokenizer tokenizer = Tokenizer.load(path);
                Checkpoint expected = Checkpoint.open(path.resolve("expected.safetensors"))) {
            JsonNode texts = Json.parse("texts", expected.metadata().getOrDefault("texts", ""));
            assertThat(texts.size()).isEqualTo(2);
            for (int i = 0; i < texts.size(); i++) {
                Tokens tokens = tokenizer.encode(texts.get(i).asString());
                assertThat(Arrays.stream(tokens.ids()).asLongStream().toArray())
                        .isEqualTo(expected.longs(i + ".input_ids"));
                assertThat(tokens.all().stream()
                                .flatMapToLong(
                                        t -> java.util.stream.LongStream.of(t.codePointStart(), t.codePointEnd()))
                                .toArray())
                        .isEqualTo(expected.longs(i + ".offsets"));
            }
        }
    }

    /** Files call it special, but it stands for text and belongs to a word. */
    @Test
    void whatTheVocabularyLacksIsText() throws IOException {
        for (String name : List.of("bert", "marian")) {
            try (Tokenizer tokenizer = Tokenizer.load(given(name))) {
                Token unknown = tokenizer.encode("日").all().stream()
                        .filter(token ->
                                token.label().toLowerCase(java.util.Locale.ROOT).contains("unk"))
                        .findFirst()
                        .orElseThrow();
                assertThat(unknown.special()).isFalse();
                assertThat(unknown.word()).isZero();
            }
        }
    }

    @Test
    void storiesPromptsAndGreedyTextsEqualTransformers() {
        try (Tokenizer tokenizer = Tokenizer.load(model("stories260K"))) {
            for (JsonNode story : Json.read(model("stories260K").resolve("expected.json"), 1 << 20)) {
                assertThat(tokenizer.encode(story.path("prompt").asString()).ids())
                        .isEqualTo(ints(story.path("prompt_ids")));
                int[] greedy = ints(story.path("greedy_ids"));
                assertThat(tokenizer.decode(greedy))
                        .isEqualTo(story.path("greedy_text").asString());
                assertThat(streamed(tokenizer, greedy))
                        .isEqualTo(story.path("greedy_text").asString());
            }
            assertThat(tokenizer.id(SpecialToken.BOS)).hasValue(1);
            assertThat(tokenizer.id(SpecialToken.EOS)).hasValue(2);
        }
    }

    private static int[] ints(JsonNode list) {
        int[] values = new int[list.size()];
        Arrays.setAll(values, i -> list.get(i).asInt());
        return values;
    }

    private static String streamed(Tokenizer tokenizer, int[] ids) {
        TokenStream stream = tokenizer.stream();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            String part = stream.push(id);
            assertThat(part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)))
                    .isTrue();
            text.append(part);
        }
        return text + stream.finish();
    }

    /** Also bytes that never become a character, and U+FFFD that a text has itself. */
    @Test
    void anyBytesComeTokenByTokenAsTheyDecode() throws IOException {
        java.util.Random random = new java.util.Random(7);
        try (Tokenizer tokenizer = Tokenizer.load(given("gpt2"))) {
            int[] replaced =
                    tokenizer.encodePlain("\uFFFD\uFFFD\uFFFD👩\u200D👩").ids();
            assertThat(streamed(tokenizer, replaced)).isEqualTo(tokenizer.decode(replaced));
            for (int i = 0; i < 2000; i++) {
                int[] ids = random.ints(random.nextInt(40), 0, random.nextBoolean() ? 260 : tokenizer.size() + 9)
                        .toArray();
                assertThat(streamed(tokenizer, ids)).as(Arrays.toString(ids)).isEqualTo(tokenizer.decode(ids));
            }
        }
    }

    /** clean_up_tokenization_spaces, which byte pairs have no need of; token by token, too. */
    @Test
    void blanksBeforePunctuationAreTakenOutWhereTheFolderAsksForIt() throws IOException {
        String[] words = {"Mia", "'", "s", ".", "n't", "do", "'s", "'ve", "!", ",", "t", " '", " ", "n"};
        Files.writeString(
                folder.resolve("tokenizer.json"), tokenizerOf("WordLevel", words, ", \"unk_token\": \"Mia\""));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"clean_up_tokenization_spaces\": true}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.decode(0, 1, 2, 3)).isEqualTo("Mia's.");
            java.util.Random random = new java.util.Random(5);
            for (int i = 0; i < 500; i++) {
                int[] ids = random.ints(random.nextInt(12), 0, words.length).toArray();
                assertThat(streamed(tokenizer, ids)).isEqualTo(tokenizer.decode(ids));
            }
            TokenStream stream = tokenizer.stream();
            stream.skip(0);
            assertThat(stream.push(5) + stream.finish()).isEqualTo(" do");
        }
        Files.writeString(folder.resolve("tokenizer.json"), tokenizerOf("BPE", words, ", \"merges\": []"));
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.decode(0, 3)).isEqualTo("Mia .");
        }
    }

    private static String tokenizerOf(String type, String[] words, String more) {
        StringBuilder vocab = new StringBuilder();
        for (int i = 0; i < words.length; i++) {
            vocab.append(i == 0 ? "" : ", ")
                    .append('"')
                    .append(words[i])
                    .append("\": ")
                    .append(i);
        }
        return "{\"model\": {\"type\": \"" + type + "\", \"vocab\": {" + vocab + "}" + more + "}}";
    }

    @Test
    void awkwardTextsComeBackFromByteLevelVocabulariesAlsoTokenByToken() throws IOException {
        for (Path path : folders()) {
            try (Tokenizer tokenizer = Tokenizer.load(path)) {
                boolean byteLevel = List.of("gpt2", "llama", "roberta", "bart", "qwen2")
                        .contains(path.getFileName().toString());
                for (String text : AWKWARD) {
                    int[] ids = tokenizer.encodePlain(text).ids();
                    if (byteLevel) {
                        assertThat(tokenizer.decodeWithSpecial(ids))
                                .as("%s", path)
                                .isEqualTo(text);
                    }
                    assertThat(streamed(tokenizer, ids))
                            .as("%s of %s", text, path)
                            .isEqualTo(tokenizer.decode(ids));
                }
            }
        }
    }

    @Test
    void spansNeverCutACharacterAndLabelsAreOneVisibleLine() throws IOException {
        for (Path path : folders()) {
            try (Tokenizer tokenizer = Tokenizer.load(path)) {
                for (String text : AWKWARD) {
                    for (Token token : tokenizer.encode(text).all()) {
                        String as = token + " of " + path;
                        assertThat(text.codePointCount(0, token.start()))
                                .as(as)
                                .isEqualTo(token.special() && token.sequence() < 0 ? 0 : token.codePointStart());
                        assertThat(token.start() < text.length()
                                        && Character.isLowSurrogate(text.charAt(token.start())))
                                .as(as)
                                .isFalse();
                        assertThat(token.label()).as(as).isNotEmpty().doesNotContainPattern("[\\p{Cc}\\p{Zs}\u202E]");
                    }
                }
            }
        }
    }

    @Test
    void labelsShowSpacesLineEndsAndLoneBytes() throws IOException {
        try (Tokenizer gpt2 = Tokenizer.load(given("gpt2"))) {
            assertThat(gpt2.encode("a😀 e\n").labels())
                    .containsExactly("a", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "␣e", "↵");
        }
    }

    @Test
    void tokensOfOneWordAreGroupedAndRowsStillSumToOne() {
        try (Tokenizer tokenizer = Tokenizer.load(model("stories260K"))) {
            Tokens tokens = tokenizer.encode("Lily isn't at Zanzibar😀, today.");
            Words words = Words.of(tokens);
            assertThat(words.labels())
                    .containsExactly("<s>", "Lily", "isn't", "at", "Zanzibar", "😀", ",", "today", ".");
            int n = tokens.size();
            Tensor uniform = Tensor.full(1f / n, n, n);
            Tensor grouped = Words.group(uniform, words, words);
            for (int row = 0; row < words.size(); row++) {
                double sum = 0;
                for (int column = 0; column < words.size(); column++) {
                    sum += grouped.get(row, column);
                }
                assertThat(sum).isCloseTo(1, within(1e-6));
            }
            long zanzibar = Arrays.stream(words.groups()).filter(g -> g == 4).count();
            assertThat(zanzibar).isGreaterThan(1);
            assertThat(grouped.get(0, 4)).isCloseTo((float) zanzibar / n, within(1e-6f));
        }
    }

    @Test
    void aPairGetsItsOwnSequenceSegmentAndOffsets() throws IOException {
        try (Tokenizer bert = Tokenizer.load(given("bert"))) {
            Tokens tokens = bert.encode("ab", "cd");
            assertThat(tokens.labels()).containsExactly("[CLS]", "a", "##b", "[SEP]", "c", "##d", "[SEP]");
            assertThat(tokens.typeIds()).containsExactly(0, 0, 0, 0, 1, 1, 1);
            assertThat(tokens.get(4).start()).isZero();
            assertThat(tokens.get(4).word()).isEqualTo(1);
            assertThat(bert.id(SpecialToken.MASK)).hasValue(4);
            assertThat(bert.id(SpecialToken.CLS)).hasValue(2);
        }
    }

    @Test
    void vocabularyFilesAloneGiveTheSameTokens() throws IOException {
        for (Path path : folders()) {
            String name = path.getFileName().toString();
            if (!List.of("gpt2", "roberta", "bert", "distilbert").contains(name)) {
                continue;
            }
            Path old = Files.createDirectory(folder.resolve(name));
            writeOldFiles(Json.read(path.resolve("tokenizer.json"), 1 << 20).path("model"), old);
            Files.copy(path.resolve("config.json"), old.resolve("config.json"));
            try (Tokenizer expected = Tokenizer.load(path);
                    Tokenizer got = Tokenizer.load(old)) {
                for (String text : AWKWARD) {
                    assertThat(got.encode(text).ids())
                            .as("%s of %s", text, name)
                            .isEqualTo(expected.encode(text).ids());
                }
            }
        }
    }

    private static void writeOldFiles(JsonNode model, Path folder) throws IOException {
        JsonNode vocab = model.path("vocab");
        if (model.has("merges")) {
            Files.writeString(folder.resolve("vocab.json"), vocab.toString());
            StringBuilder merges = new StringBuilder("#version: 0.2\n");
            model.path("merges")
                    .forEach(pair -> merges.append(
                            pair.get(0).asString() + " " + pair.get(1).asString() + "\n"));
            Files.writeString(folder.resolve("merges.txt"), merges);
        } else {
            String[] lines = new String[vocab.size()];
            vocab.properties().forEach(entry -> lines[entry.getValue().asInt()] = entry.getKey());
            Files.writeString(folder.resolve("vocab.txt"), String.join("\n", lines) + "\n");
        }
    }

    /** The letters of "hi <pad>it" as bytes; whatever else is asked for stands in files of its own. */
    private void bytePairs() throws IOException {
        List<String> pieces = List.of(
                "<|endoftext|>", "h", "i", "t", "Ġ", "<", ">", "p", "a", "d", "1", "2", "12", "e", "\u00c3", "\u00a9");
        Files.writeString(folder.resolve("vocab.json"), SentencePieceFile.ids(pieces));
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n1 2\n");
    }

    @Test
    void tokensThatWereAddedLaterAreCutOut() throws IOException {
        bytePairs();
        Files.writeString(folder.resolve("added_tokens.json"), "{\"<pad>\": 16, \"it\": 17, \"<far>\": 99}");
        Files.writeString(folder.resolve("special_tokens_map.json"), "{\"pad_token\": \"<pad>\"}");
        Files.writeString(folder.resolve("config.json"), "{\"vocab_size\": 18}"); // the model has no row 99
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("hi <pad>it").ids()).containsExactly(1, 2, 4, 16, 17);
            assertThat(tokenizer.isSpecial(16)).isTrue();
            assertThat(tokenizer.isSpecial(17)).isFalse();
            assertThat(tokenizer.id(SpecialToken.PAD)).hasValue(16);
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), """
                {"added_tokens_decoder": {"0": {"content": "<|endoftext|>", "special": true},
                                          "16": {"content": "<pad>", "lstrip": true, "special": true}}}
                """);
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("hi <pad>it").ids()).containsExactly(1, 2, 16, 2, 3);
        }
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"added_tokens_decoder\": {\"x\": {\"content\": \"<pad>\"}}}");
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("added_tokens_decoder");
    }

    /** A pad token that was given to a model afterwards stands in tokenizer_config.json, and not always in tokenizer.json. */
    @Test
    void tokensThatOnlyTheOptionsNameAreCutOut() throws IOException {
        String[] words = {"a", "b", "<", ">", "n", "e", "w", "x"};
        Files.writeString(folder.resolve("tokenizer.json"), tokenizerOf("BPE", words, ", \"merges\": []"));
        Files.writeString(folder.resolve("config.json"), "{\"vocab_size\": 11}");
        options("""
                {"added_tokens_decoder": {"8": {"content": "wa", "normalized": true}},
                 "pad_token": "<new>", "bos_token": "b", "image_token": {"content": "xx", "rstrip": true},
                 "extra_special_tokens": ["ww"]}
                """);
        Files.writeString(folder.resolve("special_tokens_map.json"), "{\"eos_token\": \"b\"}"); // older than a decoder
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("ba<new>n").ids()).containsExactly(1, 0, 9, 4);
            assertThat(tokenizer.encode("waxx").ids()).containsExactly(8, 10);
            assertThat(tokenizer.encode("ww").ids()).containsExactly(6, 6); // the model has no row for it
            assertThat(tokenizer.id(SpecialToken.PAD)).hasValue(9);
            assertThat(tokenizer.id(SpecialToken.BOS)).hasValue(1);
            assertThat(tokenizer.id(SpecialToken.EOS)).isEmpty();
            assertThat(java.util.stream.IntStream.range(0, 11).filter(tokenizer::isSpecial))
                    .containsExactly(1, 9, 10);
            assertThat(tokenizer.decode(0, 1, 8, 9, 10, 7)).isEqualTo("a wa x");
        }
        options("{\"eos_token\": \"a\", \"add_bos_token\": true, \"additional_special_tokens\": [\"ww\"]}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.size()).isEqualTo(9); // "true" is no token
            assertThat(tokenizer.id(SpecialToken.EOS)).hasValue(1); // of special_tokens_map.json
            assertThat(tokenizer.encode("ww").ids()).containsExactly(8);
        }
    }

    private void options(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), json);
    }

    @Test
    void optionsCountWhereTokenizerJsonSaysOtherwise() throws IOException {
        copy("bert");
        int[] lower = ids("the citizens");
        assertThat(ids("THE citizens")).isEqualTo(lower);
        options("{\"do_lower_case\": false, \"tokenizer_class\": \"BertTokenizerFast\"}");
        assertThat(ids("THE citizens")).isNotEqualTo(lower);
        options("{\"do_lower_case\": false, \"tokenizer_class\": \"PreTrainedTokenizerFast\"}"); // takes it as it is
        assertThat(ids("THE citizens")).isEqualTo(lower);
        copy("gpt2");
        int[] blank = ids(" we");
        assertThat(ids("we")).isNotEqualTo(blank);
        options("{\"add_prefix_space\": true}");
        assertThat(ids("we")).isEqualTo(blank);
        copy("roberta");
        options("{\"trim_offsets\": false}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("are we").all().stream().anyMatch(token -> token.start() == 3))
                    .isTrue();
        }
    }

    private int[] ids(String text) {
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            return tokenizer.encode(text).ids();
        }
    }

    private void copy(String name) throws IOException {
        Files.deleteIfExists(folder.resolve("tokenizer_config.json"));
        Files.copy(
                given(name).resolve("tokenizer.json"),
                folder.resolve("tokenizer.json"),
                StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void textsBeginWithATokenWhereTheFileAsksForIt() throws IOException {
        bytePairs();
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"add_bos_token\": true}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("hi").ids()).containsExactly(0, 1, 2);
            assertThat(tokenizer.encode("hi", "it").ids()).containsExactly(0, 1, 2, 0, 2, 3);
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"add_bos_token\": true, \"bos_token\": \"<s>\"}");
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("add_bos_token");
    }

    /** Qwen's words are not GPT-2's: each digit stands alone, and accents are joined to their letters. */
    @Test
    void qwensFilesAloneAreCutAsQwens() throws IOException {
        bytePairs();
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("h12").ids()).containsExactly(1, 12);
        }
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"qwen2\"}");
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("h12").ids()).containsExactly(1, 10, 11);
            assertThat(tokenizer.encode("e\u0301").ids()).containsExactly(14, 15);
        }
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gpt_neox\"}"); // joins accents only
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertThat(tokenizer.encode("h12").ids()).containsExactly(1, 12);
            assertThat(tokenizer.encode("e\u0301").ids()).containsExactly(14, 15);
        }
    }

    @Test
    void sentencePieceAloneAndNothingAtAllAreRefusedWithTheWayOut() throws IOException {
        assertThatThrownBy(() -> Tokenizer.load(folder)).hasMessageContaining("expected tokenizer.json");
        Files.write(folder.resolve("tokenizer.model"), new byte[10]);
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SentencePiece")
                .hasMessageContaining("save_pretrained");
    }

    @Test
    void textsThatAreNoTextAreRefused() throws IOException {
        try (Tokenizer gpt2 = Tokenizer.load(given("gpt2"))) {
            assertThatThrownBy(() -> gpt2.encode("")).hasMessageContaining("makes none");
            assertThatThrownBy(() -> gpt2.encode("x\ud800y"))
                    .hasMessageContaining("lone surrogate")
                    .hasMessageContaining("index 1");
            assertThatThrownBy(() -> gpt2.decode(-1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> gpt2.encode("a b c d e").requireAtMost(4))
                    .hasMessageContaining("at most 4 tokens");
            assertThat(gpt2.decode(1 << 30)).isEmpty();
        }
    }

    /** Both of a pair count. */
    @Test
    void aTextThatIsTooLongIsToldHowLongItMayBe() {
        Token any = new Token(0, "a", "a", false, 0, 0, 0, 0, 0, 0, 0);
        assertThatThrownBy(() -> new Tokens("aaaa", "bbbbbbbb", List.of(any, any, any, any)).requireAtMost(2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("got 4; shorten the text to about 6 characters");
    }

    @Test
    void hostileTokenizerFilesGetOneClearSentence() throws IOException {
        Path gpt2 = given("gpt2");
        String json = Files.readString(gpt2.resolve("tokenizer.json"));
        refused(json, root -> vocab(root).put("!", 99_999_999), "ids must be below 1792 for 384 tokens");
        refused(json, root -> vocab(root).put("!", 2), "must belong to one token");
        refused(json, root -> vocab(root).put("!", -1), "must be from 0");
        refused(json, root -> vocab(root).put("!", "1"), "must be from 0");
        refused(
                json,
                root -> root.withArray("/model/merges").addArray().add("zz").add("qq"),
                "merge 127");
        refused(
                json,
                root -> root.putObject("pre_tokenizer").put("type", "Evil"),
                "'pre_tokenizer' must have a type of");
        refused(
                json,
                root -> {
                    root.putObject("pre_tokenizer").put("type", "Evil");
                    root.putObject("decoder").put("type", "Evil");
                },
                "'decoder' must have a type of"); // the same of several, each time
        refused(json, root -> split(root, "(a+)+$"), "repetition inside a repetition");
        refused(json, root -> split(root, "(?:(?:a|b)*c)*d"), "repetition inside a repetition");
        refused(json, root -> split(root, "(a)\\1"), "reference back");
        refused(json, root -> split(root, "a*a*a*a*a*b"), "open-ended repetitions");
        refused(json, root -> vocab(root).put("\ud800", 384), "lone surrogate");
        refused(
                json,
                root -> {
                    ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
                    processor
                            .putArray("single")
                            .addObject()
                            .putObject("SpecialToken")
                            .put("id", "!")
                            .put("type_id", 0);
                    processor.putArray("pair");
                    processor.putObject("special_tokens");
                },
                "special token '!'");
        refused(
                json,
                root -> root.putObject("decoder")
                        .put("type", "Strip")
                        .put("content", "a")
                        .put("start", 1)
                        .put("stop", 1),
                "stop 0");
        refused(
                json,
                root -> root.putObject("normalizer").put("type", "Precompiled").put("precompiled_charsmap", "/////w=="),
                "charsmap");
        assertThatThrownBy(() -> Tokenizer.parse("t", "{\"model\":" + "[".repeat(9000)))
                .hasMessageContaining("bad JSON");
        assertThatThrownBy(() -> Tokenizer.parse("t", json.replaceFirst("\"#\": 3", "\"!\": 3")))
                .hasMessageContaining("uplicate");
    }

    private static ObjectNode vocab(ObjectNode root) {
        return (ObjectNode) root.path("model").path("vocab");
    }

    private static void split(ObjectNode root, String pattern) {
        ObjectNode split = root.putObject("pre_tokenizer")
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false);
        split.putObject("pattern").put("Regex", pattern);
    }

    private static void refused(String json, java.util.function.Consumer<ObjectNode> change, String message) {
        ObjectNode root = (ObjectNode) Json.parse("test", json);
        change.accept(root);
        assertThatThrownBy(() -> Tokenizer.parse("t", Json.write(root)).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void thePatternsOfPublishedTokenizersAreNotRefused() {
        for (String pattern : List.of(
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}",
                " ?[^(\\s|[.,!?…。，、।۔،])]+",
                "<\\|startoftext\\|>|<\\|endoftext\\|>|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
                " {2,}",
                "\\s+$",
                "[一-龥ࠀ-一가-퟿]+",
                "^[^\\n]$")) {
            PatternCheck.check("test", pattern);
        }
    }

    /** Byte pairs without an unknown token leave out what they lack, and the spans go on as if it had not been there. */
    @Test
    void charactersThatAreLeftOutAreLacking() {
        String json = "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"c\":0,\"a\":1,\"t\":2,\" \":3},\"merges\":[]}}";
        try (Tokenizer tokenizer = Tokenizer.parse("t", json)) {
            assertThat(tokenizer.lacking(tokenizer.encode("a 日本 cat 日", "tac !\t")))
                    .containsExactly("日", "本", "!");
            assertThat(tokenizer.lacking(tokenizer.encode("a cat"))).isEmpty();
        }
    }
}
