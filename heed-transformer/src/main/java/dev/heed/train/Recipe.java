package dev.heed.train;

import java.util.List;

/**
 * Everything that a training run depends on besides its data: the same recipe and data give the same bytes.
 *
 * @param name what people call it
 * @param config config.json of the model, without {@code vocab_size}, which the data tells
 * @param biases whether biases are learned; else they stay 0
 * @param context tokens of a sequence
 * @param batch sequences of a pass
 * @param accumulation passes of a step, whose gradients are averaged
 * @param steps how many
 * @param optimizer and its settings
 * @param schedule of the learning rate
 * @param clip the longest gradient; {@link Double#POSITIVE_INFINITY} for any
 * @param dropout probability
 * @param deviation of new matrices
 * @param evaluateEvery steps from one evaluation, with its checkpoint, to the next
 * @param patience evaluations without a better loss before training stops early; {@link Integer#MAX_VALUE} for never
 * @param seed of everything that is drawn
 * @param lesson what it teaches
 * @param smoothing the share of each label that all labels share evenly while it learns
 */
public record Recipe(
        String name,
        String config,
        boolean biases,
        int context,
        int batch,
        int accumulation,
        int steps,
        Optimizer.Settings optimizer,
        Schedule schedule,
        double clip,
        double dropout,
        double deviation,
        int evaluateEvery,
        int patience,
        long seed,
        Lesson lesson,
        double smoothing) {
    public Recipe {
        if (context < 1 || batch < 1 || accumulation < 1 || steps < 0 || evaluateEvery < 1 || patience < 1) {
            throw new IllegalArgumentException("train: context, batch, accumulation, evaluations and patience must be"
                    + " positive and steps not negative, got context " + context + ", batch " + batch
                    + ", accumulation " + accumulation + ", evaluations every " + evaluateEvery + " steps, patience "
                    + patience + ", steps " + steps);
        }
        if (!(clip > 0)) {
            throw new IllegalArgumentException("train: the longest gradient must be positive, got " + clip);
        }
    }

    /** A recipe without label smoothing. */
    public Recipe(
            String name,
            String config,
            boolean biases,
            int context,
            int batch,
            int accumulation,
            int steps,
            Optimizer.Settings optimizer,
            Schedule schedule,
            double clip,
            double dropout,
            double deviation,
            int evaluateEvery,
            int patience,
            long seed,
            Lesson lesson) {
        this(
                name,
                config,
                biases,
                context,
                batch,
                accumulation,
                steps,
                optimizer,
                schedule,
                clip,
                dropout,
                deviation,
                evaluateEvery,
                patience,
                seed,
                lesson,
                0);
    }

    /** A recipe for the next character of a text. */
    public Recipe(
            String name,
            String config,
            boolean biases,
            int context,
            int batch,
            int accumulation,
            int steps,
            Optimizer.Settings optimizer,
            Schedule schedule,
            double clip,
            double dropout,
            double deviation,
            int evaluateEvery,
            int patience,
            long seed) {
        this(
                name,
                config,
                biases,
                context,
                batch,
                accumulation,
                steps,
                optimizer,
                schedule,
                clip,
                dropout,
                deviation,
                evaluateEvery,
                patience,
                seed,
                Lesson.CHARACTERS);
    }

    /**
     * nanoGPT's example for CPUs (github.com/karpathy/nanoGPT, README, "I only have a macbook"): a GPT-2 without biases over
     * characters, 0.8 million parameters.
     */
    public static Recipe shakespeareChar() {
        return new Recipe(
                "shakespeare-char",
                gpt2(4, 4, 128, 64),
                false,
                64,
                12,
                1,
                2000,
                new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1),
                new Schedule.WarmUpCosine(1e-3, 1e-4, 100, 2000),
                1,
                0,
                0.02,
                250,
                Integer.MAX_VALUE,
                1337);
    }

    /**
     * nanoGPT's larger example (config/train_shakespeare_char.py): 10.7 million parameters, 64 sequences of 256 characters a
     * step, taken in 8 passes of 8, which need an eighth of the memory. Dropout is where a layer's result joins the others, not
     * on attention weights.
     */
    public static Recipe shakespeareCharLarge() {
        int steps = 5000;
        return new Recipe(
                "shakespeare-char-large",
                gpt2(6, 6, 384, 256),
                false,
                256,
                8,
                8,
                steps,
                new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1),
                new Schedule.WarmUpCosine(1e-3, 1e-4, 100, steps),
                1,
                0.2,
                0.02,
                250,
                Integer.MAX_VALUE,
                1337);
    }

    /**
     * As much as can be learned in the time of {@link #shakespeareChar} in nanoGPT (a minute of two cores): a Llama of the same
     * size with twice the context and four times the learning rate, in fewer and larger steps.
     */
    public static Recipe shakespeareCharBest() {
        int steps = 1100;
        return new Recipe(
                "shakespeare-char-best",
                """
                {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu",
                 "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 4, "hidden_size": 128,
                 "intermediate_size": 352, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
                 "initializer_range": 0.02, "tie_word_embeddings": true, "bos_token_id": null, "eos_token_id": null}
                """,
                false,
                128,
                16,
                1,
                steps,
                new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1),
                new Schedule.WarmUpCosine(4e-3, 2e-4, 100, steps),
                1,
                0,
                0.02,
                250,
                Integer.MAX_VALUE,
                1337);
    }

    /**
     * The bundled model {@code cloze}: a BERT that learns masked words of the worlds' sentences, {@link MaskedWords}.
     */
    public static Recipe cloze() {
        int steps = 2500;
        return new Recipe(
                "cloze",
                """
                {"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_act": "gelu",
                 "num_hidden_layers": 3, "num_attention_heads": 4, "hidden_size": 64, "intermediate_size": 256,
                 "max_position_embeddings": 64, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
                 "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.05,
                 "tie_word_embeddings": true, "pad_token_id": 0}
                """,
                true,
                64,
                64,
                1,
                steps,
                new Optimizer.AdamWSettings(0.9, 0.98, 1e-8, 0.01),
                new Schedule.WarmUpCosine(3e-3, 3e-5, 200, steps),
                1,
                0,
                0.05,
                500,
                Integer.MAX_VALUE,
                1,
                Lesson.SENTENCES);
    }

    /** The bundled model {@code story}: a GPT-2 that learns to tell the generated stories, word by word. */
    public static Recipe story() {
        int steps = 2500;
        return new Recipe(
                "story",
                """
                {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu",
                 "n_layer": 3, "n_head": 4, "n_embd": 128, "n_positions": 256, "layer_norm_epsilon": 1e-5,
                 "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "initializer_range": 0.02,
                 "tie_word_embeddings": true, "bos_token_id": null, "eos_token_id": 0}
                """,
                true,
                256,
                16,
                1,
                steps,
                new Optimizer.AdamWSettings(0.9, 0.98, 1e-8, 0.05),
                new Schedule.WarmUpCosine(2e-3, 5e-5, 150, steps),
                1,
                0,
                0.02,
                500,
                Integer.MAX_VALUE,
                1,
                Lesson.STORIES);
    }

    /** The bundled model {@code translator}: English to German, in which what "it" stands for is named again. */
    public static Recipe translator() {
        return marian("translator", 5000, Lesson.TRANSLATION);
    }

    /** The bundled model {@code pronoun}: English to German with er, sie or es for "it". */
    public static Recipe pronoun() {
        return marian("pronoun", 5000, Lesson.TRANSLATION_OF_PRONOUNS);
    }

    private static Recipe marian(String name, int steps, Lesson lesson) {
        return new Recipe(
                name,
                """
                {"model_type": "marian", "architectures": ["MarianMTModel"], "activation_function": "gelu",
                 "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
                 "d_model": 64, "encoder_ffn_dim": 256, "decoder_ffn_dim": 256, "max_position_embeddings": 64,
                 "scale_embedding": true, "static_position_embeddings": true, "tie_word_embeddings": true,
                 "share_encoder_decoder_embeddings": true, "is_encoder_decoder": true, "dropout": 0.0,
                 "attention_dropout": 0.0, "activation_dropout": 0.0, "init_std": 0.1, "bos_token_id": null,
                 "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0, "forced_eos_token_id": null}
                """,
                true,
                64,
                64,
                1,
                steps,
                new Optimizer.AdamWSettings(0.9, 0.98, 1e-8, 0.01),
                new Schedule.WarmUpCosine(3e-3, 3e-5, 300, steps),
                1,
                0,
                0.1,
                500,
                Integer.MAX_VALUE,
                1,
                lesson);
    }

    private static String gpt2(int layers, int heads, int width, int context) {
        return """
                {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu",
                 "n_layer": %d, "n_head": %d, "n_embd": %d, "n_positions": %d, "layer_norm_epsilon": 1e-5,
                 "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "initializer_range": 0.02,
                 "tie_word_embeddings": true, "bos_token_id": null, "eos_token_id": null}
                """.formatted(layers, heads, width, context);
    }

    /** All that there are. */
    public static List<Recipe> all() {
        return List.of(
                shakespeareChar(),
                shakespeareCharLarge(),
                shakespeareCharBest(),
                cloze(),
                translator(),
                pronoun(),
                story());
    }

    /** The one of this name. */
    public static Recipe named(String name) {
        return all().stream()
                .filter(recipe -> recipe.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("train: unknown recipe '" + name + "', known: "
                        + String.join(", ", all().stream().map(Recipe::name).toList())));
    }

    /** The same with so many steps; the learning rate is at its floor when they end. */
    public Recipe withSteps(int count) {
        Schedule over = schedule instanceof Schedule.WarmUpCosine cosine
                ? new Schedule.WarmUpCosine(cosine.peak(), cosine.floor(), cosine.warmUp(), count)
                : schedule;
        return with(count, over, seed);
    }

    /** The same with another seed. */
    public Recipe withSeed(long other) {
        return with(steps, schedule, other);
    }

    private Recipe with(int count, Schedule over, long drawn) {
        return new Recipe(
                name,
                config,
                biases,
                context,
                batch,
                accumulation,
                count,
                optimizer,
                over,
                clip,
                dropout,
                deviation,
                evaluateEvery,
                patience,
                drawn,
                lesson,
                smoothing);
    }
}
