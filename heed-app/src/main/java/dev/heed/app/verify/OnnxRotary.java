package dev.heed.app.verify;

import dev.heed.kernel.Rotary;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
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
        int interleaved = inputs.integer("interleaved", 0);
        inputs.require(interleaved == 0 || interleaved == 1, "interleaved must be 0 or 1", interleaved);
        this.layout = interleaved == 0 ? Rotary.Layout.HALVES : Rotary.Layout.NEIGHBOURS;
    }

    Map<String, Tensor> outputs() {
        Tensor input = inputs.tensor("input");
        Tensor rows = Tensor.of(input.toArray(), input.shape()); // turned in place
        inputs.require(rows.rank() == 3 || rows.rank() == 4, "input must have three or four axes", rows.describe());
        Tensor heads = rows.rank() == 3 ? heads(rows) : rows;
        checkTables(heads);
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
        inputs.require(
                heads > 0 && rows.size(2) % heads == 0,
                "num_heads must divide the last axis of " + rows.describe(),
                heads);
        return rows.reshape(rows.size(0), rows.size(1), heads, rows.size(2) / heads)
                .transpose(1, 2);
    }

    /** [positions, half] beside position_ids [B, N], else [B, N, half]. */
    private void checkTables(Tensor heads) {
        int told = inputs.integer("rotary_embedding_dim", 0);
        int rotated = told == 0 ? heads.size(3) : told;
        inputs.require(rotated <= heads.size(3), "at most " + heads.size(3) + " columns can be rotated", rotated);
        boolean at = inputs.has("position_ids");
        int[] rows = {heads.size(0), heads.size(2)};
        for (String name : List.of("cos_cache", "sin_cache")) {
            int[] table = inputs.shape(name);
            boolean fits = at ? table.length == 2 : table.length == 3 && startsWith(table, rows);
            inputs.require(
                    fits && 2 * table[table.length - 1] == rotated,
                    name + " must have half as many columns as are rotated, " + rotated
                            + (at ? ", and two axes" : ", and the axes [B, N, half]"),
                    Arrays.toString(table));
        }
        if (at) {
            int[] ids = inputs.shape("position_ids");
            inputs.require(Arrays.equals(ids, rows), "position_ids must have the axes [B, N]", Arrays.toString(ids));
        }
    }

    private static boolean startsWith(int[] shape, int[] first) {
        return Arrays.equals(Arrays.copyOf(shape, first.length), first);
    }

    private void turnAtPositions(Tensor heads) {
        Rotary rotary = Rotary.ofTables(layout, inputs.tensor("cos_cache"), inputs.tensor("sin_cache"));
        int[] positions = inputs.integers("position_ids", 0, rotary.positions() - 1);
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
