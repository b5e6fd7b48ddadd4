package dev.heed.bench.rival;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

/** The library of matrix products that PyTorch and ND4J share in this process. */
public final class Blas {
    private static final int MKL = 3;
    private static final String INTEL_OPENMP = "/org/bytedeco/mkl/linux-x86_64/libiomp5.so";
    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

    private Blas() {}

    /**
     * On Intel processors MKL shares large products by Intel's OpenMP, which JavaCPP loads where MKL does not look for it: the
     * first one would end the process ("undefined symbol: __kmpc_global_thread_num"). Loaded for all, it serves PyTorch, too,
     * as in its conda packages. Call before any rival is touched; does nothing on other processors and without MKL.
     */
    public static void prepare() {
        URL library = Blas.class.getResource(INTEL_OPENMP);
        try {
            if (library != null
                    && Files.isReadable(PROCESSOR)
                    && Files.readString(PROCESSOR).contains("GenuineIntel")) {
                Loader.load(Loader.class);
                Loader.loadGlobal(Loader.cacheResource(library).getPath());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("bench: Intel's OpenMP could not be unpacked: " + e.getMessage(), e);
        }
    }

    static String name() {
        return openblas.blas_get_vendor() == MKL ? "MKL" : "OpenBLAS";
    }

    static void useThreads(int threads) {
        openblas.blas_set_num_threads(threads);
    }
}
