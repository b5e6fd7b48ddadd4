package dev.heed.model.checkpoint;

import dev.heed.text.IoFailure;
import dev.heed.text.Visible;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Weights in formats that are refused: pickles run code when opened, the others are another program's. */
final class OtherFormats {
    private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");
    private static final List<String> OTHERS = List.of(".gguf", ".ggml", ".msgpack", ".h5", ".onnx", ".npz", ".tflite");

    private OtherFormats() {}

    static boolean isOne(Path file) {
        return has(file, PICKLES) || has(file, OTHERS);
    }

    /** Why this file, or this folder without safetensors, cannot be opened, and the way out. */
    static IllegalArgumentException refusal(Path path) {
        Path found = Files.isDirectory(path) ? firstIn(path) : path;
        if (found == null) {
            return new IllegalArgumentException(path
                    + ": no weights found, expected model.safetensors or model.safetensors.index.json with its shards");
        }
        String name = Visible.quote(String.valueOf(found.getFileName()));
        if (has(found, PICKLES)) {
            return new IllegalArgumentException(path + ": weights must be safetensors, got " + name
                    + ", a Python pickle, which can run code when opened; convert it in Python with"
                    + " AutoModel.from_pretrained(DIR).save_pretrained(NEW_DIR, safe_serialization=True)");
        }
        return new IllegalArgumentException(path + ": weights must be safetensors, got " + name
                + "; use the model's original Hugging Face folder, or save it in Python with"
                + " save_pretrained(NEW_DIR, safe_serialization=True)");
    }

    private static @Nullable Path firstIn(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(OtherFormats::isOne).sorted().findFirst().orElse(null);
        } catch (IOException e) {
            throw IoFailure.cannot(folder, "read", e);
        }
    }

    private static boolean has(Path file, List<String> endings) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return endings.stream().anyMatch(name::endsWith);
    }
}
