package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** One library that runs a whole transformer. */
public interface ModelRival {
    /** Short and fixed: it names the column. */
    String name();

    String version();

    /** Why this rival cannot take part in a case; empty if it can. */
    Optional<String> refuses(ModelCase question);

    /** Makes ready; the output is logits [B·T, V] for GPT-2, hidden states [B·T, E] for BERT. */
    Contestant prepare(ModelCase question, ModelWeights<Tensor> weights, int threads);

    /** Everyone who takes part. */
    static List<ModelRival> all() {
        return List.of(
                new HeedModel(),
                new OrtModel(OrtModel.Operator.ATTENTION),
                new OrtModel(OrtModel.Operator.MULTI_HEAD),
                new OrtModel(OrtModel.Operator.GROUP_QUERY),
                new TorchModel());
    }

    /** Expected outputs: PyTorch in double. */
    static Contestant reference(ModelCase question, ModelWeights<Tensor> weights) {
        return TorchModel.inDouble(question, weights);
    }
}
