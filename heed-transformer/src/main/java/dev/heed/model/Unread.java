package dev.heed.model;

import dev.heed.model.checkpoint.Config;
import dev.heed.text.Visible;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Options of config.json that nobody read: those that change no number are known, the others are told.
 *
 * <pre>{@code
 * List<String> misspelt = Unread.unknown(config); // after a network was built from it
 * }</pre>
 */
public final class Unread {
    /** Names, training settings, output switches and ids: none changes what a forward pass computes. */
    private static final Set<String> HARMLESS = Set.of(
            "architectures",
            "model_type",
            "transformers_version",
            "dtype",
            "torch_dtype",
            "use_cache",
            "_name_or_path",
            "initializer_range",
            "initializer_factor",
            "init_std",
            "bos_token_id",
            "eos_token_id",
            "pad_token_id",
            "sep_token_id",
            "unk_token_id",
            "mask_token_id",
            "cls_token_id",
            "forced_eos_token_id",
            "forced_bos_token_id",
            "attention_dropout",
            "attention_probs_dropout_prob",
            "hidden_dropout_prob",
            "hidden_dropout",
            "dropout",
            "dropout_rate",
            "activation_dropout",
            "classifier_dropout",
            "embd_pdrop",
            "attn_pdrop",
            "resid_pdrop",
            "summary_first_dropout",
            "qa_dropout",
            "sinusoidal_pos_embds", // the table is in the checkpoint all the same
            "chunk_size_feed_forward", // bounds memory elsewhere
            "seq_classif_dropout",
            "encoder_layerdrop",
            "decoder_layerdrop",
            "layerdrop",
            "pretraining_tp",
            "id2label",
            "label2id",
            "num_labels",
            "problem_type",
            "task_specific_params",
            "output_attentions",
            "output_hidden_states",
            "output_past",
            "return_dict",
            "use_return_dict",
            "num_beams",
            "max_length",
            "gradient_checkpointing",
            "tokenizer_class",
            "prefix",
            "summary_activation",
            "summary_proj_to_labels",
            "summary_type",
            "summary_use_proj",
            "reorder_and_upcast_attn",
            "classifier_dropout_prob",
            "normalize_before",
            "normalize_embedding",
            "add_bias_logits",
            "add_final_layer_norm",
            "n_ctx",
            "_attn_implementation",
            "attn_implementation",
            "auto_map",
            "finetuning_task",
            "language",
            "name_or_path",
            "n_special",
            "predict_special_tokens",
            "is_encoder_decoder",
            "n_positions",
            "static_position_embeddings",
            "bad_words_ids",
            "decoder_start_token_id",
            "num_hidden_layers",
            "max_window_layers",
            "_sliding_window_pattern", // what layer_types was made from
            "pruned_heads",
            "directionality",
            "pooler_fc_size",
            "pooler_num_attention_heads",
            "pooler_num_fc_layers",
            "pooler_size_per_head",
            "pooler_type",
            "force_bos_token_to_be_generated",
            "early_stopping",
            "no_repeat_ngram_size",
            "length_penalty",
            "min_length",
            "classif_dropout",
            "tie_weights_",
            "extra_pos_embeddings",
            "encoder_stride", // of a decoder of pictures
            "pooler_output_size", // no head reads what ViT pools
            "pooler_act",
            "cache_implementation");

    /** Options of writing that would change what is written and are not honoured, and the values with which they would not. */
    private static final Map<String, String> GENERATION = new TreeMap<>(Map.ofEntries(
            Map.entry("encoder_repetition_penalty", "1"),
            Map.entry("encoder_no_repeat_ngram_size", "0"),
            Map.entry("exponential_decay_length_penalty", ""),
            Map.entry("num_beam_groups", "1"),
            Map.entry("diversity_penalty", "0"),
            Map.entry("sequence_bias", ""),
            Map.entry("guidance_scale", "1"),
            Map.entry("penalty_alpha", "0"),
            Map.entry("constraints", ""),
            Map.entry("force_words_ids", ""),
            Map.entry("watermarking_config", ""),
            Map.entry("stop_strings", ""),
            Map.entry("token_healing", "false"),
            Map.entry("max_time", ""),
            Map.entry("dola_layers", ""),
            Map.entry("num_return_sequences", "1"),
            Map.entry("typical_p", "1"),
            Map.entry("epsilon_cutoff", "0"),
            Map.entry("eta_cutoff", "0"),
            Map.entry("top_h", ""),
            Map.entry("min_p", "0")));

    private Unread() {}

    /** Keys that nobody has asked for, and that are not known to change no number. */
    public static List<String> unknown(Config config) {
        return config.unread().stream().filter(key -> !HARMLESS.contains(key)).toList();
    }

    static List<String> warnings(Config config, Optional<Config> generation) {
        List<String> warnings = new ArrayList<>();
        for (String key : unknown(config)) {
            if (GENERATION.containsKey(key)) {
                continue; // told below, if this file's count
            }
            warnings.add("config.json: " + Visible.quote(key) + " is not known to this architecture and not used");
        }
        String file = generation.isPresent() ? "generation_config.json" : "config.json";
        GENERATION.forEach((key, without) -> generation
                .orElse(config)
                .raw(key)
                .filter(value -> !isSame(value, without))
                .ifPresent(value ->
                        warnings.add(file + ": '" + key + "' is not used; tokens are picked by heed's own options")));
        return warnings;
    }

    private static boolean isSame(JsonNode value, String without) {
        return value.isNumber() && !without.isEmpty()
                ? value.doubleValue() == Double.parseDouble(without)
                : value.toString().equals(without);
    }
}
