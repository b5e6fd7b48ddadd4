package dev.heed.train;

import dev.heed.text.Json;
import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What transformers reads beside config.json, tokenizer.json and the weights. */
final class HubFiles {
    /** Where a config may say how many tokens its model takes. */
    private static final List<String> CONTEXT = List.of("n_positions", "max_position_embeddings");

    private static final List<String> IDS_OF_GENERATION =
            List.of("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id");

    private HubFiles() {}

    /**
     * tokenizer_config.json. The class is the one that takes tokenizer.json as it is: a model's own class would bring tokens of its
     * own, such as GPT-2's {@code <|endoftext|>}, which a model trained without them has no row for.
     */
    static String tokenizerConfig(String config, String tokenizer) {
        JsonNode model = Json.parse("config.json", config);
        JsonNode tokens = Json.parse("tokenizer.json", tokenizer);
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("tokenizer_class", "PreTrainedTokenizerFast").put("clean_up_tokenization_spaces", false);
        CONTEXT.stream()
                .filter(key -> model.path(key).isInt())
                .findFirst()
                .ifPresent(key -> root.set("model_max_length", model.path(key)));
        for (JsonNode token : tokens.path("added_tokens")) {
            String role = role(token, model, tokens);
            if (!role.isEmpty() && token.path("special").asBoolean(false)) {
                root.put(role, token.path("content").asString(""));
            }
        }
        return Json.write(root);
    }

    /** By its id in the model's config, by the tokenizer's word for the unknown, or by BERT's spelling. */
    private static String role(JsonNode token, JsonNode model, JsonNode tokens) {
        String content = token.path("content").asString("");
        if (content.equals(tokens.path("model").path("unk_token").asString(""))) {
            return "unk_token";
        }
        return switch (content) {
            case "[PAD]", "<pad>" -> "pad_token";
            case "[CLS]" -> "cls_token";
            case "[SEP]" -> "sep_token";
            case "[MASK]", "<mask>" -> "mask_token";
            default ->
                List.of("bos_token", "eos_token", "pad_token").stream()
                        .filter(role -> model.path(role + "_id").asInt(-1)
                                == token.path("id").asInt(-2))
                        .findFirst()
                        .orElse("");
        };
    }

    /** generation_config.json of a model that writes; empty for one that does not. */
    static String generationConfig(String config) {
        JsonNode model = Json.parse("config.json", config);
        boolean writes = StreamSupport.stream(model.path("architectures").spliterator(), false)
                .map(name -> name.asString(""))
                .anyMatch(name -> name.endsWith("LMHeadModel")
                        || name.endsWith("ForCausalLM")
                        || name.endsWith("MTModel")
                        || name.endsWith("ForConditionalGeneration"));
        if (!writes) {
            return "";
        }
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("_from_model_config", true);
        IDS_OF_GENERATION.stream()
                .filter(key -> model.path(key).isIntegralNumber())
                .forEach(key -> root.set(key, model.path(key)));
        return Json.write(root);
    }
}
