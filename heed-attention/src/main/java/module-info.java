/** Exact attention for the JVM: tensors, kernels, masks, and the weights behind every output. */
@org.jspecify.annotations.NullMarked
module dev.heed.attention {
    requires static jdk.incubator.vector;
    requires static org.jspecify;

    exports dev.heed.tensor;
    exports dev.heed.kernel;
    exports dev.heed.attention;
}
