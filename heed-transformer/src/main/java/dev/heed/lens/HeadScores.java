package dev.heed.lens;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.attention.AttentionStatistics;
import dev.heed.model.Model;
import dev.heed.model.Recording;
import dev.heed.model.Steps;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/**
 * Head metrics of one model over texts, one number per layer, head, metric and text. Takes O(tokens) memory per head.
 *
 * <pre>{@code
 * HeadScores scores = HeadScores.of(model, List.of(model.tokenizer().encode("The cat sat.")), Probe.TEXT);
 * scores.mean(0, 3, HeadMetric.PREVIOUS_TOKEN).value();
 * }</pre>
 */
public final class HeadScores {
    private final List<List<HeadRows>> texts = new ArrayList<>();
    private final Kind kind;

    private HeadScores(Kind kind) {
        this.kind = kind;
    }

    /** Self-attention of a decoder or an encoder; of an encoder–decoder that of the encoder. */
    public static HeadScores of(Model model, List<Tokens> texts, Probe probe) {
        HeadTexts given = HeadTexts.of(model, HeadTexts.usual(model), texts);
        return of(model, given, probe, new Steps.Count(Steps.unheard(), given.size()));
    }

    /** A step for each text. */
    static HeadScores of(Model model, HeadTexts given, Probe probe, Steps.Count steps) {
        HeadScores scores = new HeadScores(given.kind());
        for (int text = 0; text < given.size(); text++) {
            scores.add(given.recording(model, text), probe);
            steps.add(1);
        }
        return scores;
    }

    /**
     * Every metric on random tokens, repeated: the same ones for the same vocabulary and seed, so checkpoints of one run can
     * be compared.
     *
     * @param like a text of the model, which shows what begins every text
     */
    public static HeadScores onRepeats(Model model, Tokens like, long seed) {
        RepeatedTexts repeated = RepeatedTexts.of(model, like, seed);
        return of(model, repeated.texts(), repeated.probe());
    }

    /** True if a model has as many positions as {@link #onRepeats} needs. */
    public static boolean hasRoomForRepeats(Model model, Tokens like) {
        return RepeatedTexts.fit(model, like);
    }

    private void add(Recording recording, Probe probe) {
        List<HeadRows> layers = new ArrayList<>();
        for (int layer = 0; layer < recording.layers(kind); layer++) {
            layers.add(HeadRows.of(
                    recording.attention(kind, layer),
                    recording.query(kind, layer),
                    recording.key(kind, layer),
                    recording.value(kind, layer),
                    probe));
        }
        texts.add(layers);
    }

    public Kind kind() {
        return kind;
    }

    public int layers() {
        return texts.getFirst().size();
    }

    public int heads(int layer) {
        return texts.getFirst().get(layer).heads();
    }

    /** Over the texts. */
    public Mean mean(int layer, int head, HeadMetric metric) {
        return metric.over(texts.stream()
                .mapToDouble(layers -> metric.of(layers.get(layer), head))
                .toArray());
    }

    /** Of equal weights over the keys that each query sees. */
    public Mean uniform(int layer, int head, HeadMetric metric) {
        return metric.over(texts.stream()
                .mapToDouble(layers -> metric.of(layers.get(layer).ofEqualWeights(), head))
                .toArray());
    }

    /** The mean of the head with the largest one. */
    public Mean largest(HeadMetric metric) {
        Mean largest = mean(0, 0, metric);
        for (int layer = 0; layer < layers(); layer++) {
            for (int head = 0; head < heads(layer); head++) {
                Mean mean = mean(layer, head, metric);
                largest = mean.value() > largest.value() ? mean : largest;
            }
        }
        return largest;
    }

    /** The key with the largest weight in a row of a text. */
    int attended(int text, int layer, int head, int query) {
        AttentionStatistics seen = texts.get(text).get(layer).seen();
        int queries = seen.entropy().size(2);
        int kept = seen.topWeights().size(3);
        return seen.topKeys()[(head * queries + query) * kept];
    }
}
