package dev.heed.model;

import dev.heed.nn.Context;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes token by token. Sequences of a batch share each pass and nothing else, and leave it when they end. */
final class Generator {
    private final Model model;
    private final Generation.Options options;
    private final Recorder recorder;
    private final Decoding decoding;
    private final List<Writing> all = new ArrayList<>();

    /** One sequence being written. */
    private static final class Writing {
        final int number;
        final int[] prompt;
        final Context context = new Context();
        final Sampler sampler;
        final Growing growing;
        int[] next;
        int[] ids = new int[16];
        int count;
        Generation.@Nullable End end;

        Writing(int number, int[] prompt, Generation.Options options, Growing growing) {
            this.number = number;
            this.prompt = prompt;
            this.next = prompt;
            this.sampler = new Sampler(options, number);
            this.growing = growing;
        }

        int[] written() {
            return Arrays.copyOf(ids, count);
        }

        /** The prompt and what was written. */
        int[] text() {
            int[] all = Arrays.copyOf(prompt, prompt.length + count);
            System.arraycopy(ids, 0, all, prompt.length, count);
            return all;
        }
    }

    Generator(Model model, Generation.Options options, List<Tokens> prompts, Consumer<String> out) {
        this.model = model;
        this.options = options;
        this.recorder = new Recorder(prompts.size(), options.records(), false);
        this.decoding = new Decoding(model, prompts, options.records() ? recorder : null);
        for (int i = 0; i < prompts.size(); i++) {
            all.add(new Writing(i, decoding.begin(i), options, decoding.growing(i, options.stop(), out)));
        }
    }

    List<Generation> run() {
        for (List<Writing> open = open(); !open.isEmpty(); open = open()) {
            step(open);
        }
        return all.stream().map(this::result).toList();
    }

    private List<Writing> open() {
        List<Writing> open = new ArrayList<>();
        for (Writing each : all) {
            if (each.end == null && each.count >= options.maxTokens()) {
                each.end = Generation.End.MAX_TOKENS;
            }
            if (each.end == null) {
                open.add(each);
            }
        }
        return open;
    }

    private void step(List<Writing> open) {
        Tensor logits = decoding.logits(
                open.stream().map(each -> each.context).toList(),
                open.stream().map(each -> each.next).toList(),
                open.stream().mapToInt(each -> each.number).toArray());
        for (int s = 0; s < open.size(); s++) {
            Writing one = open.get(s);
            boolean isLast = one.count == options.maxTokens() - 1;
            OptionalInt forced = model.rules().forcedAfter(one.prompt.length + one.count, isLast);
            int id = forced.isPresent() ? forced.getAsInt() : one.sampler.pick(allowed(one, logits.select(0, s)));
            advance(one, id);
        }
    }

    /** The logits after the rules of the model's files. */
    private Tensor allowed(Writing one, Tensor logits) {
        Rules rules = model.rules();
        if (rules.changesNothing(options.minTokens())) {
            return logits;
        }
        float[] changed = logits.toArray();
        rules.apply(changed, one.text(), one.count, options.minTokens());
        return Tensor.of(changed, changed.length);
    }

    private void advance(Writing one, int id) {
        if (one.count == one.ids.length) {
            one.ids = Arrays.copyOf(one.ids, 2 * one.count);
        }
        one.ids[one.count++] = id;
        one.next = new int[] {id};
        if (model.endIds().contains(id)) {
            one.end = Generation.End.END_TOKEN;
        } else if (one.growing.add(id)) {
            one.end = Generation.End.STOP_STRING;
        } else if (one.context.length() >= model.network().longest() && one.count < options.maxTokens()) {
            one.end = Generation.End.CONTEXT_FULL;
        }
    }

    private Generation result(Writing one) {
        Generation.End end = one.end == null ? Generation.End.MAX_TOKENS : one.end;
        String text = one.growing.finish(end == Generation.End.STOP_STRING);
        return new Generation(one.prompt, one.written(), text, end, recorder.recording(one.number));
    }
}
