package dev.heed.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;

/**
 * The Hugging Face tokenizers library through DJL's native functions alone. DJL's own classes above them report their use to
 * a metadata address; they are not used, and the switches that silence them are set all the same before anything loads. The
 * native library comes out of its jar, never from a network: "offline" forbids the download, "cpu" the search for another.
 */
final class Binding {
    static final TokenizersLibrary LIBRARY = load();

    private Binding() {}

    private static TokenizersLibrary load() {
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
        try {
            LibUtils.checkStatus();
        } catch (LinkageError | RuntimeException e) {
            throw new IllegalStateException(
                    "tokenizer: the native library does not load on this machine (Linux, macOS or Windows on x86-64 or ARM is"
                            + " needed, and a writable home or -DDJL_CACHE_DIR=DIR): " + e.getMessage(),
                    e);
        }
        return TokenizersLibrary.LIB;
    }
}
