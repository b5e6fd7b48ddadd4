package dev.heed.bench.rival;

import org.bytedeco.openblas.global.openblas;

/** The library of matrix products that PyTorch and ND4J share in this process. */
final class Blas {
    private static final int MKL = 3;

    private Blas() {}

    static String name() {
        return openblas.blas_get_vendor() == MKL ? "MKL" : "OpenBLAS";
    }

    static void useThreads(int threads) {
        openblas.blas_set_num_threads(threads);
    }
}
