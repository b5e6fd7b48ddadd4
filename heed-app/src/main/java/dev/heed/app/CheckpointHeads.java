package dev.heed.app;

import dev.heed.app.print.Numbers;
import dev.heed.lens.HeadMetric;
import dev.heed.lens.HeadScores;
import dev.heed.model.Model;
import dev.heed.text.Tokens;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the heads of a checkpoint are like, on the same random tokens, repeated, at every checkpoint of a run: so one can see
 * when heads formed that look at the token before, at earlier copies and at what followed them.
 */
record CheckpointHeads(HeadScores scores) {
    private static final List<HeadMetric> METRICS = List.of(
            HeadMetric.SELF,
            HeadMetric.PREVIOUS_TOKEN,
            HeadMetric.FIRST_TOKEN,
            HeadMetric.DUPLICATE_TOKEN,
            HeadMetric.INDUCTION);

    private static final long SEED = 1;

    /** Nothing of a model that is too short for repeated tokens. */
    static Optional<CheckpointHeads> of(Model model, String like) {
        Tokens tokens = model.tokenizer().encode(like);
        return HeadScores.hasRoomForRepeats(model, tokens)
                ? Optional.of(new CheckpointHeads(HeadScores.onRepeats(model, tokens, SEED)))
                : Optional.empty();
    }

    /** By metric the mean of each layer's heads, and what equal weights would give. */
    JsonNode json() {
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        for (HeadMetric metric : METRICS) {
            ObjectNode one = all.putObject(metric.name().toLowerCase(Locale.ROOT));
            one.put("uniform", scores.uniform(0, 0, metric).value());
            ArrayNode layers = one.putArray("heads");
            for (int layer = 0; layer < scores.layers(); layer++) {
                ArrayNode heads = layers.addArray();
                for (int head = 0; head < scores.heads(layer); head++) {
                    heads.add(scores.mean(layer, head, metric).value());
                }
            }
        }
        return all;
    }

    /** The heads that score highest, in words. */
    String line() {
        return "heads: " + highest(HeadMetric.PREVIOUS_TOKEN) + ", " + highest(HeadMetric.DUPLICATE_TOKEN) + ", "
                + highest(HeadMetric.INDUCTION);
    }

    private String highest(HeadMetric metric) {
        int bestLayer = 0;
        int bestHead = 0;
        for (int layer = 0; layer < scores.layers(); layer++) {
            for (int head = 0; head < scores.heads(layer); head++) {
                boolean more = scores.mean(layer, head, metric).value()
                        > scores.mean(bestLayer, bestHead, metric).value();
                bestLayer = more ? layer : bestLayer;
                bestHead = more ? head : bestHead;
            }
        }
        return metric.words() + " L" + bestLayer + "H" + bestHead + " "
                + Numbers.fixed(scores.mean(bestLayer, bestHead, metric).value(), 2) + " (chance "
                + Numbers.fixed(scores.uniform(bestLayer, bestHead, metric).value(), 2) + ")";
    }
}
