package dev.heed.app;

import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.app.verify.AttentionFile;
import dev.heed.attention.Attention;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Mask;
import dev.heed.kernel.Kernels;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import dev.heed.text.IoFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed attend}: attention over the tensors of a file. */
@Command(
        name = "attend",
        description = {
            "Compute attention over q, k and v of a safetensors file and write output and lse to another.",
            "The file holds q [B, Hq, N, D], k [B, Hkv, M, D], v [B, Hkv, M, Dv], and may hold mask (BOOL or U8, not 0 = may attend), bias,"
                    + " alibi_slopes [Hq] and sink [Hq]."
        })
final class AttendCommand extends HeedCommand {
    @Parameters(paramLabel = "FILE", description = "Where q, k and v are.")
    private Path file = Path.of("");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            description =
                    "Where output [B, Hq, N, Dv] and lse [B, Hq, N] go, not FILE itself. Default: beside FILE, ending in"
                            + " .out.safetensors.")
    private @Nullable Path output;

    @Option(
            names = "--causal",
            paramLabel = "top-left|bottom-right|OFFSET",
            description = "Query i sees keys up to i, up to i + M − N, or up to i + OFFSET.")
    private @Nullable String causal;

    @Option(
            names = "--window",
            split = ",",
            hideParamSyntax = true,
            paramLabel = "LEFT,RIGHT",
            description =
                    "So many keys before and after the query's own position; −1 for all. The position is as --causal says,"
                            + " else i + M − N.")
    private int[] window = {};

    @Option(
            names = "--lengths",
            split = ",",
            hideParamSyntax = true,
            paramLabel = "N,…",
            description = "Real keys per sequence; those behind are padding.")
    private int[] lengths = {};

    @Option(
            names = "--starts",
            split = ",",
            hideParamSyntax = true,
            paramLabel = "N,…",
            description = "First real key per sequence; those before are padding.")
    private int[] starts = {};

    @Option(
            names = "--prefix",
            split = ",",
            hideParamSyntax = true,
            paramLabel = "N,…",
            description = "So many first keys are seen by every query, the others causally (top-left).")
    private int[] prefix = {};

    @Option(
            names = "--documents",
            split = ",",
            hideParamSyntax = true,
            paramLabel = "N,…",
            description = "Lengths of documents packed one after another; each sees itself only.")
    private int[] documents = {};

    @Option(names = "--scale", paramLabel = "X", description = "Factor of the scores. Default: 1/√D.")
    private @Nullable Double scale;

    @Option(names = "--softcap", paramLabel = "X", description = "Bounds scores to ±X by X·tanh(score/X).")
    private double softcap;

    @Option(
            names = "--weights",
            split = ",",
            hideParamSyntax = true,
            paramLabel = "B,H[,Q0,Q1,K0,K1]",
            description =
                    "Also write the weights of one head (of sequence B, head H; queries Q0 to Q1, keys K0 to K1).")
    private int[] tile = {};

    AttendCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException(
                    "attend: " + file + " is a folder; give a safetensors file that holds q, k and v");
        }
        try (AttentionFile inputs = AttentionFile.open(file)) {
            refuseToOverwrite(file);
            refuseBeyond(inputs.key().size(2));
            Attention attention = inputs.with(described());
            long start = System.nanoTime();
            AttentionOutput result = attention.apply(inputs.query(), inputs.key(), inputs.value());
            double milliseconds = (System.nanoTime() - start) / 1e6;
            SafetensorsWriter writer =
                    new SafetensorsWriter().put("output", result.output()).put("lse", result.lse());
            if (tile.length > 0) {
                writer.put("weights", weights(attention, inputs, result.lse()));
            }
            writer.meta("kernels", Kernels.name()).write(place());
            report(inputs, result, milliseconds);
        }
        return 0;
    }

    private Path place() {
        if (output != null) {
            return output;
        }
        String name = file.getFileName().toString();
        String stem = name.endsWith(".safetensors") ? name.substring(0, name.length() - ".safetensors".length()) : name;
        return file.resolveSibling(stem + ".out.safetensors");
    }

    private void refuseToOverwrite(Path input) {
        try {
            if (Files.exists(place()) && Files.isSameFile(input, place())) {
                throw new IllegalArgumentException(
                        "attend: --output must be another file than the one that is read, got " + place()
                                + " for both");
            }
        } catch (IOException e) {
            throw IoFailure.cannot(place(), "read", e);
        }
    }

    /** What lies behind the last key would have no effect; mostly it was meant for another file. */
    private void refuseBeyond(int keys) {
        refuseBeyond("--lengths", lengths, keys);
        refuseBeyond("--starts", starts, keys);
        refuseBeyond("--prefix", prefix, keys);
    }

    private static void refuseBeyond(String option, int[] counts, int keys) {
        if (Arrays.stream(counts).anyMatch(count -> count > keys)) {
            throw new IllegalArgumentException("attend: " + option + " must be at most M = " + keys
                    + ", the number of keys, got " + Arrays.toString(counts));
        }
    }

    private Attention described() {
        Attention attention = Attention.scaledDotProduct().softcap(softcap).mask(structure());
        return scale == null ? attention : attention.scale(scale);
    }

    private Mask structure() {
        Mask mask = causal == null ? Mask.none() : within(Integer.MAX_VALUE, 0);
        if (window.length > 0) {
            mask = mask.and(window());
        }
        if (lengths.length > 0) {
            mask = mask.and(Mask.lengths(lengths));
        }
        if (starts.length > 0) {
            mask = mask.and(Mask.startsAt(starts));
        }
        if (prefix.length > 0) {
            mask = mask.and(Mask.prefix(prefix));
        }
        return documents.length > 0 ? mask.and(Mask.documents(documents)) : mask;
    }

    private Mask window() {
        if (window.length != 2 || window[0] < -1 || window[1] < -1) {
            throw new IllegalArgumentException(
                    "attend: --window needs two sizes, LEFT,RIGHT, each −1 or more, got " + Arrays.toString(window));
        }
        return within(window[0] < 0 ? Integer.MAX_VALUE : window[0], window[1] < 0 ? Integer.MAX_VALUE : window[1]);
    }

    /** A window around the query's position. */
    private Mask within(int left, int right) {
        if (causal == null || causal.equals("bottom-right")) {
            return Mask.windowBottomRight(left, right);
        }
        if (causal.equals("top-left")) {
            return Mask.windowTopLeft(left, right);
        }
        try {
            return Mask.windowAt(left, right, Integer.parseInt(causal));
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(
                    "attend: --causal must be top-left, bottom-right or a number, got '" + causal + "'");
        }
    }

    private Tensor weights(Attention attention, AttentionFile inputs, Tensor lse) {
        int rows = inputs.query().size(2);
        int columns = inputs.key().size(2);
        int[] wanted = tile.length == 2 ? new int[] {tile[0], tile[1], 0, rows, 0, columns} : tile;
        int[] ends = {inputs.query().size(0) - 1, inputs.query().size(1) - 1, rows, rows, columns, columns};
        boolean fits = wanted.length == 6 && wanted[2] <= wanted[3] && wanted[4] <= wanted[5];
        for (int i = 0; fits && i < 6; i++) {
            fits = wanted[i] >= 0 && wanted[i] <= ends[i];
        }
        if (!fits) {
            throw new IllegalArgumentException("attend: --weights needs B,H or B,H,Q0,Q1,K0,K1 inside [B, Hq, N, M] = ["
                    + inputs.query().size(0) + ", " + inputs.query().size(1) + ", " + rows + ", " + columns + "], got "
                    + Arrays.toString(tile));
        }
        return attention.weights(
                inputs.query(), inputs.key(), lse, wanted[0], wanted[1], wanted[2], wanted[3], wanted[4], wanted[5]);
    }

    private void report(AttentionFile inputs, AttentionOutput result, double milliseconds) {
        terminal.line("q " + inputs.query().describe() + "  k " + inputs.key().describe() + "  v "
                + inputs.value().describe());
        terminal.line("output " + result.output().describe() + "  lse "
                + result.lse().describe() + (tile.length > 0 ? "  weights of head " + tile[1] : "") + "  → " + place());
        terminal.line(
                terminal.colours().dim("kernel " + Kernels.name() + ", " + Numbers.fixed(milliseconds, 1) + " ms"));
    }
}
