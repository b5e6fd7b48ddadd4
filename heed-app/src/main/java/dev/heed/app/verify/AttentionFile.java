package dev.heed.app.verify;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;

/**
 * The inputs of one attention call in a safetensors file: q [B, Hq, N, D], k [B, Hkv, M, D], v [B, Hkv, M, Dv], and where
 * present mask (bool or U8, not 0 = may attend) and bias, both repeated to [B, Hq, N, M], alibi_slopes [Hq] and sink [Hq].
 */
public record AttentionFile(Checkpoint file, Tensor query, Tensor key, Tensor value) implements AutoCloseable {
    /** Reads query, key and value. */
    public static AttentionFile open(Path path) {
        Checkpoint file = Checkpoint.open(path);
        try {
            return new AttentionFile(file, file.tensor("q"), file.tensor("k"), file.tensor("v"));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** A description with the file's mask, bias, slopes and sinks added. */
    public Attention with(Attention given) {
        Attention attention = given;
        if (has("mask")) {
            attention = attention.mask(Mask.dense(file.booleans("mask"), Comparison.shape(file, "mask")));
        }
        if (has("bias")) {
            attention = attention.bias(file.tensor("bias"));
        }
        if (has("alibi_slopes")) {
            attention = attention.alibi(file.tensor("alibi_slopes").toArray());
        }
        return has("sink") ? attention.sink(file.tensor("sink").toArray()) : attention;
    }

    public boolean has(String name) {
        return file.names().contains(name);
    }

    @Override
    public void close() {
        file.close();
    }
}
