package dev.heed.model.arch;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import java.util.List;
import java.util.Optional;

/** Heads that {@code architectures} promises and the checkpoint lacks: the model below them can be used, but that is told. */
final class MissingHeads {
    private MissingHeads() {}

    static List<String> warnings(Config config, Checkpoint checkpoint) {
        String type = config.requireString("model_type");
        return config.strings("architectures").stream()
                .flatMap(name -> lacking(type, name, checkpoint).stream())
                .toList();
    }

    private static Optional<String> lacking(String type, String name, Checkpoint checkpoint) {
        List<String> any = tensors(type, name);
        boolean there = any.isEmpty()
                || any.stream().anyMatch(tensor -> checkpoint.find(tensor, "").isPresent());
        return there
                ? Optional.empty()
                : Optional.of("the head of " + name + " is missing in the checkpoint (" + any.getFirst()
                        + "); hidden states and attention are those of the model below it");
    }

    /** Tensors of which a checkpoint of that class has one. */
    private static List<String> tensors(String type, String name) {
        if (name.endsWith("ForSequenceClassification")) {
            return switch (type) {
                case "bert", "distilbert" -> List.of("classifier.weight");
                case "roberta", "camembert", "xlm-roberta" -> List.of("classifier.out_proj.weight");
                case "bart", "t5", "mt5", "umt5" -> List.of(EndHead.OUT + ".weight");
                default -> List.of("score.weight");
            };
        }
        if (name.endsWith("ForTokenClassification")) {
            return List.of("classifier.weight", "score.weight");
        }
        if (name.endsWith("ForQuestionAnswering")) {
            return List.of("qa_outputs.weight");
        }
        if (name.endsWith("ForImageClassification")) {
            return List.of("classifier.weight");
        }
        if (name.endsWith("ForMaskedLM") || name.endsWith("ForPreTraining")) {
            return switch (type) {
                case "bert" -> List.of("cls.predictions.bias", "cls.predictions.decoder.bias");
                case "distilbert" -> List.of("vocab_projector.bias");
                default -> List.of("lm_head.bias", "lm_head.decoder.bias");
            };
        }
        return List.of();
    }
}
