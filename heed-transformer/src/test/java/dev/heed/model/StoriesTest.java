package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.Shared;
import dev.heed.text.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A real trained checkpoint, end to end. */
class StoriesTest {
    private static Model model;

    private static Path stories() {
        return Shared.model("stories260K");
    }

    @BeforeAll
    static void load() {
        model = Model.load(stories());
    }

    @AfterAll
    static void close() {
        if (model != null) {
            model.close();
        }
    }

    @Test
    void givesTheNumbersOfTransformers() {
        assertThat(HfConformance.run(stories()).checks()).hasSize(6).allMatch(HfConformance.Check::passed);
    }

    @Test
    void writesTheExpectedStories() {
        for (JsonNode story : Json.read(stories().resolve("expected.json"), 1 << 20)) {
            String prompt = story.get("prompt").asString();
            int length =
                    story.get("greedy_ids").size() - story.get("prompt_ids").size();
            StringBuilder streamed = new StringBuilder();
            Generation generation = model.generate(prompt, Generation.Options.greedy(length), streamed::append);
            assertThat(prompt + generation.text())
                    .isEqualTo(story.get("greedy_text").asString());
            assertThat(streamed.toString()).isEqualTo(generation.text());
        }
    }

    @Test
    void aBatchWritesWhatEachWritesAlone() {
        List<String> prompts = List.of("Once upon a time", "Lily and Tom went to the park.", "The dog");
        List<Generation> together = model.generateAll(
                prompts.stream().map(model.tokenizer()::encode).toList(), Generation.Options.greedy(40));
        List<int[]> alone = new ArrayList<>();
        prompts.forEach(prompt ->
                alone.add(model.generate(prompt, Generation.Options.greedy(40)).ids()));
        for (int i = 0; i < alone.size(); i++) {
            assertThat(together.get(i).ids()).as(prompts.get(i)).containsExactly(alone.get(i));
        }
    }

    @Test
    void aStopStringEndsTheTextAndIsCutOff() {
        StringBuilder streamed = new StringBuilder();
        Generation generation = model.generate(
                "Once upon a time",
                Generation.Options.greedy(80).stop(List.of("Lily. She", "zebra")),
                streamed::append);
        assertThat(generation.text()).isEqualTo(", there was a little girl named ");
        assertThat(streamed.toString()).isEqualTo(generation.text());
        assertThat(generation.end()).isEqualTo(Generation.End.STOP_STRING);
    }

    @Test
    void theSameSeedWritesTheSameAndTopOneIsGreedy() {
        Generation.Options options =
                Generation.Options.sampling(30, 0.9, 7).topK(40).topP(0.95);
        int[] first = model.generate("Once", options).ids();
        assertThat(model.generate("Once", options).ids()).containsExactly(first);
        int[] greedy = model.generate("Once", Generation.Options.greedy(30)).ids();
        assertThat(model.generate(
                                "Once", Generation.Options.sampling(30, 1.5, 3).topK(1))
                        .ids())
                .containsExactly(greedy);
        assertThat(Arrays.equals(first, greedy)).isFalse();
    }
}
