package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.Model;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Config;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.text.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The folder of a decoder with a head says what fills the short texts of a batch: transformers reads none without. */
class PaddingTest {
    private static final Path NONE = Path.of("");
    private static final long MOST = 1L << 20;
    private static final String CLASSES = """
            {"text": "a b", "label": "x"}
            {"text": "b b c", "label": "y"}
            {"text": "c", "label": "x"}
            """;
    private static final String WORDS = """
            {"tokens": ["a", "b"], "tags": ["X", "Y"]}
            {"tokens": ["b", "a"], "tags": ["Y", "X"]}
            """;
    private static final String QUESTIONS = """
            {"question": "a", "context": "b c", "answers": {"text": ["c"], "answer_start": [2]}}
            {"question": "a", "context": "c b", "answers": {"text": ["c"], "answer_start": [0]}}
            """;

    @TempDir
    private Path folder = NONE; // set by JUnit

    /** A decoder that was never trained, with words a to d and two special tokens, 4 and 5. */
    private Path decoder(String fourth, String keys) throws IOException {
        Path to = Files.createDirectories(folder.resolve("from"));
        String config = """
                {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], %s "vocab_size": 6, "n_embd": 8, "n_layer": 1,
                 "n_head": 2, "n_positions": 32}
                """.formatted(keys);
        Files.writeString(to.resolve("config.json"), config);
        Files.writeString(to.resolve("tokenizer.json"), """
                {"version": "1.0", "pre_tokenizer": {"type": "WhitespaceSplit"},
                 "added_tokens": [%s, %s],
                 "model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "%s": 4, "<fin>": 5}}}
                """.formatted(special(4, fourth), special(5, "<fin>"), fourth));
        Parameters fresh = Parameters.fresh(new Initialization(1, 0.5, 1));
        Architectures.fresh(Config.parse("config.json", config), fresh);
        SafetensorsWriter writer = new SafetensorsWriter();
        fresh.known().forEach((name, value) -> writer.put(name, value.tensor()));
        writer.write(to.resolve("model.safetensors"));
        return to;
    }

    private static String special(int id, String content) {
        return """
                {"id": %d, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                 "special": true}
                """.formatted(id, content).strip();
    }

    private Path trained(Path from, String lines) throws IOException {
        Path data = Files.writeString(folder.resolve("data.jsonl"), lines);
        Path out = folder.resolve("out");
        Trainer trainer = new FineTuning(from, 1, 2, 16, 1e-3, 0, 0, 1).trainer(data);
        TrainingRun.start(trainer, out, data.toString(), "test").finish(new Silent(), () -> false);
        return out;
    }

    private void said(Path out, int id, String token) {
        assertThat(id(out)).isEqualTo(id);
        assertThat(options(out).path("pad_token").asString("")).isEqualTo(token);
        try (Model model = Model.load(out)) {
            assertThat(model.warnings()).isEmpty();
        }
    }

    private static int id(Path out) {
        JsonNode id = Json.read(out.resolve("config.json"), MOST).path("pad_token_id");
        return id.isInt() ? id.asInt() : -1;
    }

    private static JsonNode options(Path out) {
        return Json.read(out.resolve("tokenizer_config.json"), MOST);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[PAD]  | \"eos_token_id\": 5, | 4 | [PAD]",
                "<pad>  | \"eos_token_id\": 5, \"pad_token_id\": null, | 4 | <pad>",
                "<else> | \"eos_token_id\": 5, | 5 | <fin>",
                "<else> | \"eos_token_id\": 5, \"bos_token_id\": 5, \"pad_token_id\": null, | 5 | <fin>",
                "<else> | \"eos_token_id\": [5, 3], | 5 | <fin>",
                "[PAD]  | \"eos_token_id\": 5, \"pad_token_id\": 3, | 3 | d",
                "<else> | \"pad_token_id\": 99, | 99 | ''",
                "<else> | \"pad_token_id\": null, | -1 | ''",
                "<else> | '' | -1 | ''"
            })
    void theTokenIsTheTokenizersOwnOrTheEnd(String fourth, String keys, int id, String token) throws IOException {
        said(trained(decoder(fourth, keys), CLASSES), id, token);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void headsOfTokensAreReadInBatchesToo(boolean words) throws IOException {
        said(trained(decoder("[PAD]", ""), words ? WORDS : QUESTIONS), 4, "[PAD]");
    }

    @Test
    void aHeadThatIsThereIsToldToo() throws IOException {
        Path first = trained(decoder("<else>", ""), CLASSES);
        said(first, -1, "");
        Path again = Files.move(first, folder.resolve("again"));
        Files.writeString(again.resolve("tokenizer_config.json"), "{\"eos_token\": \"<fin>\", \"pad_token\": null}");
        Path second = trained(again, CLASSES);
        said(second, 5, "<fin>");
        assertThat(options(second).path("eos_token").asString("")).isEqualTo("<fin>");
    }

    @Test
    void whatAFolderSaysStays() throws IOException {
        Path from = decoder("[PAD]", "\"eos_token_id\": 5,");
        String options = "{ \"pad_token\": {\"content\": \"c\"} }";
        Files.writeString(from.resolve("tokenizer_config.json"), options);
        Path out = trained(from, CLASSES);
        assertThat(id(out)).isEqualTo(2);
        assertThat(out.resolve("tokenizer_config.json")).hasContent(options);
    }

    @Test
    void anOlderFolderMaySayItInAFileOfItsOwn() throws IOException {
        Path from = decoder("[PAD]", "\"eos_token_id\": 5,");
        Files.writeString(from.resolve("special_tokens_map.json"), "{\"pad_token\": \"c\"}");
        Files.writeString(from.resolve("tokenizer_config.json"), "{}");
        Path out = trained(from, CLASSES);
        assertThat(id(out)).isEqualTo(2);
        assertThat(out.resolve("tokenizer_config.json")).hasContent("{}");
    }

    @Test
    void aModelThatWritesIsToldNothing() throws IOException {
        Path out = trained(decoder("[PAD]", ""), "{\"text\": \"a b c\"}\n{\"text\": \"b c d\"}\n");
        assertThat(Json.read(out.resolve("config.json"), MOST).has("pad_token_id"))
                .isFalse();
    }

    /** The end of texts fills them, too: what says their class is the row before, as transformers has it. */
    @Test
    void aTextThatEndsWithWhatFillsIsJudgedByTheRowBefore() throws IOException {
        Path out = trained(decoder("<else>", "\"eos_token_id\": 5,"), CLASSES);
        try (Model model = Model.load(out)) {
            assertThat(model.classify("b c <fin>")).isEqualTo(model.classify("b c"));
            assertThat(model.classify("b c <fin> d")).isNotEqualTo(model.classify("b c"));
        }
    }
}
