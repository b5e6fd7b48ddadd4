package dev.heed.model;

import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.arch.Network;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.TensorInfo;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Compares a model with what another implementation gave for it: a folder with a checkpoint and {@code
 * expected.safetensors}, which holds for text i token ids ({@code i.input_ids}), offsets in code points ({@code i.offsets}),
 * {@code i.logits} (for a model that classifies its classes), {@code i.hidden_states.LAYER}, {@code i.attentions.LAYER} as
 * [head, query, key] (for an encoder–decoder
 * {@code i.encoder_attentions}, {@code i.decoder_attentions}, {@code i.cross_attentions}, {@code i.encoder_last_hidden_state},
 * {@code i.decoder_input_ids}), a greedy continuation ({@code i.greedy}) and one padded batch. Texts are in the file's
 * metadata; names without a number are those of a single text. What a file does not hold is not checked; what it holds and
 * no part of the model answers fails.
 *
 * <pre>{@code
 * HfConformance.Report report = HfConformance.run(Path.of("conformance/hf/llama"));
 * report.passed();
 * }</pre>
 */
public final class HfConformance {
    /** Errors are relative to the largest expected magnitude. */
    public static final double TOLERANCE = 1e-4;

    private final Model model;
    private final Checkpoint expected;
    private final List<Check> checks = new ArrayList<>();
    private final Set<String> read = new HashSet<>();

    /**
     * One comparison.
     *
     * @param name of the expected tensor, or of a group of them
     * @param error the largest difference relative to the largest expected magnitude; for ids how many differ
     * @param passed whether that is small enough
     */
    public record Check(String name, double error, boolean passed) {}

    /**
     * All comparisons of a folder.
     *
     * @param folder that was checked
     * @param modelType its architecture
     */
    public record Report(Path folder, String modelType, List<Check> checks) {
        /** True if there were checks and none failed. */
        public boolean passed() {
            return !checks.isEmpty() && checks.stream().allMatch(Check::passed);
        }

        /** The largest relative error of numbers. */
        public double worst() {
            return checks.stream().mapToDouble(Check::error).max().orElse(0);
        }
    }

    private HfConformance(Model model, Checkpoint expected) {
        this.model = model;
        this.expected = expected;
    }

    /** True if a folder has the form that {@link #run} reads. */
    public static boolean isCase(Path folder) {
        return Files.isRegularFile(folder.resolve("config.json"))
                && Files.isRegularFile(folder.resolve("expected.safetensors"));
    }

    /** Runs one folder. */
    public static Report run(Path folder) {
        try (Model model = Model.load(folder);
                Checkpoint expected = Checkpoint.open(folder.resolve("expected.safetensors"))) {
            HfConformance conformance = new HfConformance(model, expected);
            conformance.texts();
            conformance.batch();
            conformance.rest();
            return new Report(folder, model.sizes().modelType(), List.copyOf(conformance.checks));
        }
    }

    /** What nothing was compared with has not been met. */
    private void rest() {
        for (String name : expected.names()) {
            if (!read.contains(name)) {
                checks.add(new Check(name + ": compared with nothing", Double.POSITIVE_INFINITY, false));
            }
        }
    }

    private void texts() {
        if (has("input_ids")) {
            text("");
        }
        List<String> texts = new ArrayList<>();
        String named = expected.metadata().get("texts");
        if (named != null) {
            Json.parse("texts", named).forEach(text -> texts.add(text.asString()));
        }
        for (int i = 0; has(i + ".input_ids"); i++) {
            if (i < texts.size()) {
                tokens(i + ".", texts.get(i));
            }
            text(i + ".");
        }
    }

    private void tokens(String at, String text) {
        Tokens tokens = model.tokenizer().encode(text);
        ids(at + "input_ids", tokens.ids());
        if (has(at + "offsets")) {
            List<Token> all = tokens.all();
            int[] offsets = new int[2 * all.size()];
            for (int i = 0; i < all.size(); i++) {
                offsets[2 * i] = all.get(i).codePointStart();
                offsets[2 * i + 1] = all.get(i).codePointEnd();
            }
            ids(at + "offsets", offsets);
        }
    }

    private void text(String at) {
        Tokens tokens = model.tokens(ints(at + "input_ids"));
        boolean pair = model.network() instanceof Network.EncoderDecoder;
        Run run = run(at, tokens, pair);
        run.classes().or(run::tokenClasses).or(run::logits).ifPresent(logits -> compare(at + "logits", logits));
        for (int i = 0; i < run.hiddenStates().size(); i++) {
            compare(at + "hidden_states." + i, run.hiddenStates().get(i));
        }
        if (has(at + "encoder_last_hidden_state")) {
            compare(at + "encoder_last_hidden_state", run.memoryStates().getLast());
        }
        maps(at + (pair ? "decoder_attentions." : "attentions."), run, Kind.SELF);
        maps(at + "encoder_attentions.", run, Kind.ENCODER);
        maps(at + "cross_attentions.", run, Kind.CROSS);
        if (has(at + "greedy")) {
            greedy(at, tokens);
        }
    }

    /** What a decoder beside an encoder is given stands in the file, unless it is the text itself, to be classified. */
    private Run run(String at, Tokens tokens, boolean pair) {
        if (has(at + "decoder_input_ids")) {
            Tokens written = model.writtenTokens(ints(at + "decoder_input_ids"));
            return model.run(tokens, written, Run.Options.everything());
        }
        Run run = model.runToClassify(tokens, Run.Options.everything());
        return pair && run.classes().isEmpty() && run.tokenClasses().isEmpty()
                ? model.run(tokens, Run.Options.everything())
                : run;
    }

    private void maps(String prefix, Run run, Kind kind) {
        Recording recording = run.recording();
        for (int layer = 0; layer < recording.layers(kind); layer++) {
            List<Tensor> heads = new ArrayList<>();
            for (int head = 0; head < recording.heads(kind, layer); head++) {
                AttentionMap map = recording.map(kind, layer, head);
                heads.add(map.weights().reshape(1, map.rows(), map.columns()));
            }
            compare(prefix + layer, Join.along(0, heads));
        }
    }

    /**
     * Greedy ids hold the prompt, or the decoder's first id, and as many as were written. Where none ends the text, the other
     * side was asked for so many tokens at least; where one did before the end that the files force, it was asked for more.
     */
    private void greedy(String at, Tokens prompt) {
        int[] want = ints(at + "greedy");
        int before = model.network() instanceof Network.EncoderDecoder ? 1 : prompt.size();
        int count = want.length - before;
        boolean ends = Arrays.stream(want).skip(before).anyMatch(model.endIds()::contains);
        OptionalInt forced = model.rules().forcedEnd();
        boolean endsItself = ends && forced.isPresent() && want[want.length - 1] != forced.getAsInt();
        Generation.Options options =
                Generation.Options.greedy(endsItself ? count + 1 : count).atLeast(ends ? 0 : count);
        Generation generation = model.generateAll(List.of(prompt), options).getFirst();
        ids(at + "greedy", generation.allIds());
    }

    /** Rows of the batch are run without their padding, together; what is compared are the rows that are no padding. */
    private void batch() {
        if (!has("batch.input_ids") || !has("batch.logits")) {
            return;
        }
        int[] ids = ints("batch.input_ids");
        int[] mask = ints("batch.attention_mask");
        int width = (int) expected.info("batch.input_ids").shape()[1];
        List<Tokens> texts = new ArrayList<>();
        for (int row = 0; row < ids.length / width; row++) {
            texts.add(model.tokens(real(ids, mask, row * width, width)));
        }
        if (expected.info("batch.logits").shape().length == 2) {
            List<Tensor> classes = texts.stream()
                    .map(text -> classes(model.runToClassify(text, Run.Options.logitsOnly())))
                    .toList();
            compare("batch.logits", Join.along(0, classes));
            return;
        }
        List<Run> runs = model.runAll(texts, Run.Options.logitsOnly());
        double[] want = expected.doubles("batch.logits");
        int vocabulary = (int) expected.info("batch.logits").shape()[2];
        Difference difference = new Difference();
        for (int row = 0; row < runs.size(); row++) {
            float[] got = rows(runs.get(row)).toArray();
            int at = 0;
            for (int column = 0; column < width; column++) {
                if (mask[row * width + column] != 0) {
                    for (int v = 0; v < vocabulary; v++) {
                        difference.add(got[at++], want[(row * width + column) * vocabulary + v]);
                    }
                }
            }
        }
        checks.add(difference.check("batch.logits"));
    }

    private static Tensor rows(Run run) {
        return run.tokenClasses()
                .or(run::logits)
                .orElseThrow(
                        () -> new IllegalArgumentException("verify: batch.logits has three axes, as of a model that"
                                + " writes or classifies tokens, but the checkpoint has no such head"));
    }

    /** [1, classes]: transformers calls the scores of classes logits, too. */
    private static Tensor classes(Run run) {
        Tensor classes = run.classes()
                .orElseThrow(() -> new IllegalArgumentException("verify: batch.logits has two axes, as of a model that"
                        + " classifies, but the checkpoint has no such head"));
        return classes.reshape(1, classes.elements());
    }

    private static int[] real(int[] ids, int[] mask, int from, int width) {
        return IntStream.range(from, from + width)
                .filter(i -> mask[i] != 0)
                .map(i -> ids[i])
                .toArray();
    }

    private void compare(String name, Tensor got) {
        if (!has(name)) {
            return;
        }
        TensorInfo info = expected.info(name);
        if (!Arrays.equals(
                info.shape(), Arrays.stream(got.shape()).asLongStream().toArray())) {
            checks.add(new Check(
                    name + ": shape " + got.describe() + " instead of " + Arrays.toString(info.shape()),
                    Double.POSITIVE_INFINITY,
                    false));
            return;
        }
        double[] want = expected.doubles(name);
        float[] have = got.toArray();
        Difference difference = new Difference();
        for (int i = 0; i < want.length; i++) {
            difference.add(have[i], want[i]);
        }
        checks.add(difference.check(name));
    }

    /** How far numbers are from those expected. */
    private static final class Difference {
        private double largest;
        private double error;
        private int compared;
        private int leftOut;

        /** Where the other side gave NaN, as transformers does for a padded batch with a sliding window, ours must be a number. */
        void add(double got, double want) {
            if (Double.isNaN(want)) {
                leftOut++;
                error = Double.isFinite(got) ? error : Double.NaN;
                return;
            }
            compared++;
            largest = Math.max(largest, Math.abs(want));
            double off = Math.abs(got - want);
            error = off > error || Double.isNaN(off) ? off : error;
        }

        Check check(String name) {
            double relative = error / Math.max(largest, Double.MIN_NORMAL);
            String note = leftOut == 0 ? "" : " (without " + leftOut + " expected NaN)";
            return new Check(name + note, relative, compared > 0 && relative <= TOLERANCE);
        }
    }

    private void ids(String name, int[] got) {
        int[] want = ints(name);
        int different = Math.abs(want.length - got.length);
        for (int i = 0; i < Math.min(want.length, got.length); i++) {
            different += want[i] == got[i] ? 0 : 1;
        }
        checks.add(new Check(name, different, different == 0));
    }

    private boolean has(String name) {
        read.add(name);
        return expected.names().contains(name);
    }

    private int[] ints(String name) {
        read.add(name);
        return Arrays.stream(expected.longs(name)).mapToInt(Math::toIntExact).toArray();
    }
}
