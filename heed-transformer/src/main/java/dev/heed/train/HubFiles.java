package dev.heed.train;

import dev.heed.model.arch.Head;
import dev.heed.text.Json;
import dev.heed.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What transformers reads beside config.json, tokenizer.json and the weights. */
final class HubFiles {
    /** Where a config may say how many tokens its model takes. */
    private static final List<String> CONTEXT = List.of("n_positions", "max_position_embeddings");

    private static final List<String> IDS_OF_GENERATION =
            List.of("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id");

    /** The key that names the token which fills the short texts of a batch. */
    static final String PADDING = "pad_token";

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

    /** With the token that config.json names by its id, of a model with a head, which reads texts in batches. */
    static Optional<String> padded(ObjectNode options, String config, String tokenizer) {
        JsonNode model = Json.parse("config.json", config);
        List<String> names = names(model);
        if (Arrays.stream(Head.values()).noneMatch(head -> head.isOfOne(names))) {
            return Optional.empty();
        }
        try (Tokenizer pieces = Tokenizer.parse("tokenizer.json", tokenizer)) {
            String token = pieces.piece(id(model, PADDING).orElse(-1));
            return pieces.id(token).isPresent()
                    ? Optional.of(Json.write(options.put(PADDING, token)))
                    : Optional.empty();
        }
    }

    private static List<String> names(JsonNode model) {
        return model.path("architectures")
                .valueStream()
                .map(name -> name.asString(""))
                .toList();
    }

    /** By its id in the model's config, by the tokenizer's word for the unknown, or by BERT's spelling. */
    private static String role(JsonNode token, JsonNode model, JsonNode tokens) {
        String content = token.path("content").asString("");
        int id = token.path("id").asInt(-2);
        if (content.equals(tokens.path("model").path("unk_token").asString(""))) {
            return "unk_token";
        }
        return switch (content) {
            case "[PAD]", "<pad>" -> id(model, PADDING).orElse(id) == id ? PADDING : "";
            case "[CLS]" -> "cls_token";
            case "[SEP]" -> "sep_token";
            case "[MASK]", "<mask>" -> "mask_token";
            default ->
                Stream.of("bos_token", "eos_token", PADDING)
                        .filter(role -> id(model, role).orElse(-1) == id)
                        .findFirst()
                        .orElse("");
        };
    }

    /** What a config says of a token. */
    private static OptionalInt id(JsonNode model, String role) {
        JsonNode id = model.path(role + "_id");
        return id.isInt() ? OptionalInt.of(id.asInt()) : OptionalInt.empty();
    }

    /** generation_config.json of a model that writes; empty for one that does not. */
    static String generationConfig(String config) {
        JsonNode model = Json.parse("config.json", config);
        boolean writes = names(model).stream()
                .anyMatch(name -> name.endsWith("LMHeadModel")
                        || name.endsWith("ForCausalLM")
                        || name.endsWith("MTModel")
                        || name.endsWith("ForConditionalGeneration"));
        if (!writes) {
            return "";
        }
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("_from_model_config", true);
        IDS_OF_GENERATION.stream().filter(model::hasNonNull).forEach(key -> root.set(key, model.path(key)));
        return Json.write(root);
    }
}
