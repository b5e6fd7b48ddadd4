package dev.heed.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import org.jspecify.annotations.Nullable;

/**
 * The Hugging Face tokenizers library through DJL's native functions alone. DJL's own classes above them report their use to
 * a metadata address; they are not used, and the switches that silence them are set all the same before anything loads. The
 * native library comes out of its jar, never from a network: "offline" forbids the download, "cpu" the search for another.
 */
final class Binding {
    private static final Loaded LOADED = load();

    private Binding() {}

    /** The library, or why there is none. */
    private record Loaded(
            @Nullable TokenizersLibrary library, @Nullable Throwable failure) {}

    /** @throws UnsupportedOperationException if it does not load */
    static TokenizersLibrary library() {
        if (LOADED.library() == null) {
            throw new UnsupportedOperationException(
                    "tokenizer: the native library does not load on this machine (Linux, macOS or Windows on x86-64 or ARM is"
                            + " needed, and a writable home or the Java option -DDJL_CACHE_DIR=DIR): "
                            + LOADED.failure(),
                    LOADED.failure());
        }
        return LOADED.library();
    }

    private static Loaded load() {
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
        try {
            LibUtils.checkStatus();
            return new Loaded(TokenizersLibrary.LIB, null);
        } catch (LinkageError | RuntimeException e) {
            return new Loaded(null, e);
        }
    }
}
