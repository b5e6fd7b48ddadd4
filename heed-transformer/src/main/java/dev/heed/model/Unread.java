package dev.heed.model;

import dev.heed.model.checkpoint.Config;
import dev.heed.text.Visible;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

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

    /** Options of generation_config.json that would change what is written and are not honoured. */
    private static final List<String> GENERATION = List.of(
            "encoder_repetition_penalty",
            "encoder_no_repeat_ngram_size",
            "exponential_decay_length_penalty",
            "num_beam_groups",
            "diversity_penalty",
            "sequence_bias",
            "guidance_scale",
            "penalty_alpha",
            "constraints",
            "force_words_ids",
            "typical_p",
            "epsilon_cutoff",
            "eta_cutoff",
            "min_p");

    private Unread() {}

    /** Keys that nobody has asked for, and that are not known to change no number. */
    public static List<String> unknown(Config config) {
        return config.unread().stream().filter(key -> !HARMLESS.contains(key)).toList();
    }

    static List<String> warnings(Config config, Config generation) {
        List<String> warnings = new ArrayList<>();
        for (String key : unknown(config)) {
            warnings.add("config.json: " + Visible.quote(key) + " is not known to this architecture and not used");
        }
        for (String key : GENERATION) {
            if (generation.has(key)) {
                warnings.add(
                        "generation_config.json: '" + key + "' is not used; tokens are picked by heed's own options");
            }
        }
        return warnings;
    }
}
