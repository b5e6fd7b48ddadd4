package dev.heed.bench;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.heed.kernel.Kernels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.stream.Stream;

/**
 * Where and when something was measured.
 *
 * @param date UTC, to the minute
 * @param commit of Heed, with {@code +} where the work tree differs from it
 * @param machine name of the processor, how many there are, and whether Java takes large pages
 * @param jdk version and vendor
 * @param kernel Heed's kernels
 * @param plan rounds, block and warm-up
 * @param load average load of the last minute at the start: above 0.5, neighbours took part
 */
record Conditions(String date, String commit, String machine, String jdk, String kernel, String plan, double load) {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    static Conditions here(Paired plan) {
        return new Conditions(
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                System.getProperty("heed.commit", "unknown"),
                processor() + ", " + Runtime.getRuntime().availableProcessors() + " processors, "
                        + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                        + (hasLargePages() ? ", pages of 2 MB" : ""),
                Runtime.version() + " " + System.getProperty("java.vendor"),
                Kernels.name(),
                plan.rounds() + " rounds, blocks of at least " + plan.blockMillis() + " ms, " + plan.warmupMillis()
                        + " ms warm-up each",
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static boolean hasLargePages() {
        return System.getProperty("os.name").equals("Linux")
                && ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                        .getVMOption("UseTransparentHugePages")
                        .getValue()
                        .equals("true");
    }

    private static String processor() {
        if (!Files.isReadable(CPU_INFO)) {
            return "unnamed processor";
        }
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unnamed processor");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
