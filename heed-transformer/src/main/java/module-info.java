/** Transformers on exact attention: layers, checkpoints, text, architectures, generation, training. */
@org.jspecify.annotations.NullMarked
module dev.heed.transformer {
    requires transitive dev.heed.attention;
    requires transitive tools.jackson.databind;
    requires ai.djl.tokenizers;
    requires org.slf4j; // of ai.djl.tokenizers, an automatic module, which cannot say so
    requires org.snakeyaml.engine;
    requires static org.jspecify;
    requires java.desktop; // PNG and JPEG
    requires static java.management;
    requires static jdk.management; // the tests measure allocation with it

    exports dev.heed.lens;
    exports dev.heed.grad;
    exports dev.heed.nn;
    exports dev.heed.text;
    exports dev.heed.model;
    exports dev.heed.model.arch;
    exports dev.heed.model.checkpoint;
    exports dev.heed.train;
    exports dev.heed.train.recall;
    exports dev.heed.train.worlds;
}
