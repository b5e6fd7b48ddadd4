package dev.heed.bench.rival;

import dev.heed.attention.KvCache;
import dev.heed.kernel.Kernels;
import dev.heed.kernel.Workers;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.nn.Context;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Heed itself, the way a user meets it: the weights go through a checkpoint folder with Hugging Face's names. */
final class HeedModel implements ModelRival {
    @Override
    public String name() {
        return "heed";
    }

    @Override
    public String version() {
        return "Heed, kernel " + Kernels.name();
    }

    @Override
    public Optional<String> refuses(ModelCase question) {
        return Optional.empty();
    }

    @Override
    public Contestant prepare(ModelCase question, ModelWeights<Tensor> weights, int threads) {
        Network network = load(question, weights);
        int[] ids = LongStream.of(question.ids()).mapToInt(id -> (int) id).toArray();
        if (network instanceof Network.Encoder encoder) {
            return new Forward(
                    threads,
                    () -> encoder.hidden(passOf(question), ids, new int[ids.length])
                            .tensor());
        }
        Network.Decoder decoder = (Network.Decoder) network;
        if (question.past() > 0) {
            return new Decode(decoder, ids, threads, context(question, weights), question.past());
        }
        return new Forward(threads, () -> {
            Pass pass = passOf(question);
            return decoder.logits(pass, decoder.hidden(pass, ids)).tensor();
        });
    }

    private static Pass passOf(ModelCase question) {
        int[] lengths = new int[question.batch()];
        Arrays.fill(lengths, question.tokens());
        return Pass.of(lengths);
    }

    private static Context context(ModelCase question, ModelWeights<Tensor> weights) {
        List<KvCache> caches = new ArrayList<>();
        for (ModelWeights.Layer<Tensor> layer : weights.layers()) {
            KvCache cache = new KvCache(1, question.heads(), question.headWidth(), question.headWidth());
            cache.append(
                    layer.cachedKey().slice(2, 0, question.past()),
                    layer.cachedValue().slice(2, 0, question.past()));
            caches.add(cache);
        }
        return Context.of(caches);
    }

    /** What a pass leaves. */
    private interface Work {
        Tensor run();
    }

    private static class Forward implements Contestant {
        private final int threads;
        private final Work work;
        private Tensor output = Tensor.zeros(0);

        Forward(int threads, Work work) {
            this.threads = threads;
            this.work = work;
        }

        @Override
        public void run() {
            output = Workers.with(threads, work::run);
        }

        @Override
        public List<Tensor> outputs() {
            return List.of(output);
        }
    }

    /** A step after the same past again and again: what a step leaves in the caches is forgotten before the next. */
    private static final class Decode extends Forward {
        Decode(Network.Decoder decoder, int[] ids, int threads, Context context, int past) {
            super(threads, () -> {
                context.truncate(past);
                Pass pass = Pass.continuing(new int[] {ids.length}, List.of(context));
                return decoder.logits(pass, decoder.hidden(pass, ids)).tensor();
            });
        }
    }

    private static Network load(ModelCase question, ModelWeights<Tensor> weights) {
        try {
            Path folder = Files.createTempDirectory("heed-bench-model");
            try {
                return load(question, weights, folder);
            } finally {
                Files.deleteIfExists(folder.resolve("model.safetensors"));
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Network load(ModelCase question, ModelWeights<Tensor> weights, Path folder) {
        SafetensorsWriter writer = new SafetensorsWriter();
        boolean gpt2 = question.family() == ModelCase.Family.GPT2;
        if (gpt2) {
            putGpt2(writer, weights);
        } else {
            putBert(writer, weights);
        }
        Path file = folder.resolve("model.safetensors");
        writer.write(file);
        Config config = Config.parse("config.json", gpt2 ? gpt2Config(question) : bertConfig(question));
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            return Architectures.load(config, checkpoint);
        }
    }

    private static String gpt2Config(ModelCase q) {
        return """
                {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": %d, "n_layer": %d, "n_head": %d,
                 "vocab_size": %d, "n_positions": %d, "activation_function": "gelu_new", "layer_norm_epsilon": %s}
                """.formatted(
                        q.width(),
                        q.layers(),
                        q.heads(),
                        q.vocabulary(),
                        q.positions(),
                        q.family().epsilon());
    }

    private static String bertConfig(ModelCase q) {
        return """
                {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": %d, "num_hidden_layers": %d,
                 "num_attention_heads": %d, "intermediate_size": %d, "vocab_size": %d, "max_position_embeddings": %d,
                 "type_vocab_size": 1, "hidden_act": "gelu", "layer_norm_eps": %s}
                """.formatted(
                        q.width(),
                        q.layers(),
                        q.heads(),
                        4 * q.width(),
                        q.vocabulary(),
                        q.positions(),
                        q.family().epsilon());
    }

    private static void putGpt2(SafetensorsWriter writer, ModelWeights<Tensor> weights) {
        writer.put("transformer.wte.weight", weights.tokens());
        writer.put("transformer.wpe.weight", weights.positions());
        putNorm(writer, "transformer.ln_f", weights.norm());
        for (int i = 0; i < weights.layers().size(); i++) {
            ModelWeights.Layer<Tensor> layer = weights.layers().get(i);
            String at = "transformer.h." + i + ".";
            putNorm(writer, at + "ln_1", layer.first());
            putAsIs(writer, at + "attn.c_attn", layer.queryKeyValue());
            putAsIs(writer, at + "attn.c_proj", layer.output());
            putNorm(writer, at + "ln_2", layer.second());
            putAsIs(writer, at + "mlp.c_fc", layer.up());
            putAsIs(writer, at + "mlp.c_proj", layer.down());
        }
    }

    private static void putBert(SafetensorsWriter writer, ModelWeights<Tensor> weights) {
        int width = weights.tokens().size(1);
        writer.put("embeddings.word_embeddings.weight", weights.tokens());
        writer.put("embeddings.position_embeddings.weight", weights.positions());
        writer.put("embeddings.token_type_embeddings.weight", Tensor.zeros(1, width));
        putNorm(writer, "embeddings.LayerNorm", weights.norm());
        for (int i = 0; i < weights.layers().size(); i++) {
            ModelWeights.Layer<Tensor> layer = weights.layers().get(i);
            String at = "encoder.layer." + i + ".";
            String[] parts = {"query", "key", "value"};
            for (int part = 0; part < parts.length; part++) {
                Tensor weight = layer.queryKeyValue().weight().slice(1, part * width, (part + 1) * width);
                Tensor bias = layer.queryKeyValue().bias().slice(0, part * width, (part + 1) * width);
                putTransposed(writer, at + "attention.self." + parts[part], new ModelWeights.Linear<>(weight, bias));
            }
            putTransposed(writer, at + "attention.output.dense", layer.output());
            putNorm(writer, at + "attention.output.LayerNorm", layer.first());
            putTransposed(writer, at + "intermediate.dense", layer.up());
            putTransposed(writer, at + "output.dense", layer.down());
            putNorm(writer, at + "output.LayerNorm", layer.second());
        }
    }

    private static void putNorm(SafetensorsWriter writer, String name, ModelWeights.Norm<Tensor> norm) {
        writer.put(name + ".weight", norm.scale());
        writer.put(name + ".bias", norm.shift());
    }

    /** [in, out], as GPT-2 keeps it. */
    private static void putAsIs(SafetensorsWriter writer, String name, ModelWeights.Linear<Tensor> linear) {
        writer.put(name + ".weight", linear.weight());
        writer.put(name + ".bias", linear.bias());
    }

    /** [out, in], as everyone else does. */
    private static void putTransposed(SafetensorsWriter writer, String name, ModelWeights.Linear<Tensor> linear) {
        writer.put(name + ".weight", linear.weight().transpose(0, 1).contiguous());
        writer.put(name + ".bias", linear.bias().contiguous());
    }
}
