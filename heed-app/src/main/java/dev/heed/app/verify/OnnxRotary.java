package dev.heed.app.verify;

import dev.heed.app.verify.OnnxCase.OnnxInputs;
import dev.heed.kernel.Rotary;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/**
 * ONNX's operator RotaryEmbedding (opset 23): input [B, H, N, D] or heads side by side [B, N, H·D]; tables of cosines and sines
 * [positions, half] read at position_ids [B, N], or without those one table [B, N, half] per sequence.
 */
final class OnnxRotary {
    private final OnnxInputs inputs;
    private final Rotary.Layout layout;

    OnnxRotary(OnnxInputs inputs) {
        this.inputs = inputs;
        this.layout = inputs.integer("interleaved", 0) == 0 ? Rotary.Layout.HALVES : Rotary.Layout.NEIGHBOURS;
    }

    Map<String, Tensor> outputs() {
        Tensor input = inputs.tensor("input");
        Tensor rows = Tensor.of(input.toArray(), input.shape()); // turned in place
        Tensor heads = rows.rank() == 3 ? heads(rows) : rows;
        checkWidth(heads.size(3));
        if (inputs.has("position_ids")) {
            turnAtPositions(heads);
        } else {
            turnBySequence(heads);
        }
        return Map.of("output", rows);
    }

    /** [B, N, H·D] as [B, H, N, D] in the same memory. */
    private Tensor heads(Tensor rows) {
        int heads = inputs.integer("num_heads", 0);
        if (heads <= 0 || rows.size(2) % heads != 0) {
            throw new IllegalArgumentException("onnx RotaryEmbedding: num_heads must divide the last axis of "
                    + rows.describe() + ", got " + heads);
        }
        return rows.reshape(rows.size(0), rows.size(1), heads, rows.size(2) / heads)
                .transpose(1, 2);
    }

    private void checkWidth(int width) {
        int told = inputs.integer("rotary_embedding_dim", 0);
        int rotated = told == 0 ? width : told;
        int[] table = inputs.shape("cos_cache");
        if (2 * table[table.length - 1] != rotated) {
            throw new IllegalArgumentException("onnx RotaryEmbedding: cos_cache must be half as wide as the " + rotated
                    + " rotated columns, got " + Arrays.toString(table));
        }
    }

    private void turnAtPositions(Tensor heads) {
        Rotary rotary = Rotary.ofTables(layout, inputs.tensor("cos_cache"), inputs.tensor("sin_cache"));
        int[] positions = inputs.integers("position_ids");
        for (int batch = 0; batch < heads.size(0); batch++) {
            for (int n = 0; n < heads.size(2); n++) {
                rotary.turn(heads.select(0, batch).slice(1, n, n + 1), positions[batch * heads.size(2) + n]);
            }
        }
    }

    private void turnBySequence(Tensor heads) {
        Tensor cos = inputs.tensor("cos_cache");
        Tensor sin = inputs.tensor("sin_cache");
        for (int batch = 0; batch < heads.size(0); batch++) {
            Rotary.ofTables(layout, cos.select(0, batch), sin.select(0, batch)).turn(heads.select(0, batch), 0);
        }
    }
}
