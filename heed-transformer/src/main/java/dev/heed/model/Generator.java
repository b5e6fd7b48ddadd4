package dev.heed.model;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Context;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.TokenStream;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes token by token. Sequences of a batch share each pass and nothing else, and leave it when they end. */
final class Generator {
    private final Model model;
    private final Network network;
    private final Generation.Options options;
    private final Recorder recorder;
    private final List<Writing> all = new ArrayList<>();

    /** One sequence being written. */
    private static final class Writing {
        final int number;
        final int[] prompt;
        final Context context = new Context();
        final Sampler sampler;
        final StopText growing;
        final TokenStream stream;
        final @Nullable Memory memory;
        int[] next;
        int[] ids = new int[16];
        int count;
        Generation.@Nullable End end;

        Writing(
                int number,
                int[] prompt,
                Generation.Options options,
                TokenStream stream,
                StopText text,
                @Nullable Memory memory) {
            this.number = number;
            this.prompt = prompt;
            this.next = prompt;
            this.sampler = new Sampler(options, number);
            this.stream = stream;
            this.growing = text;
            this.memory = memory;
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
        this.network = model.network();
        this.options = options;
        this.recorder = new Recorder(prompts.size(), options.records(), false);
        for (int i = 0; i < prompts.size(); i++) {
            all.add(start(i, prompts.get(i), out));
        }
    }

    private Writing start(int number, Tokens text, Consumer<String> out) {
        if (text.size() == 0) {
            throw new IllegalArgumentException("generate: the prompt must have at least one token");
        }
        text.requireAtMost(model.sizes().context());
        return switch (network) {
            case Network.Encoder encoder ->
                throw new IllegalArgumentException("generate: " + model.sizes().modelType()
                        + " reads texts and does not write any; use a decoder or an encoder-decoder");
            case Network.Viewer viewer ->
                throw new IllegalArgumentException("generate: " + model.sizes().modelType()
                        + " looks at pictures and does not write; use a decoder or an encoder-decoder");
            case Network.Decoder decoder -> {
                TokenStream stream = model.tokenizer().stream();
                StopText growing = new StopText(options.stop(), out);
                int[] prompt = text.ids();
                for (int id : prompt) {
                    stream.push(id);
                }
                yield new Writing(number, prompt, options, stream, growing, null);
            }
            case Network.EncoderDecoder pair -> {
                recorder.running(new int[] {number});
                Memory memory = pair.encode(heard(Pass.of(text.size())), text.ids());
                recorder.recording(number).labelMemory(text.labels());
                TokenStream stream = model.tokenizer().stream();
                StopText growing = new StopText(options.stop(), out);
                yield new Writing(number, new int[] {model.rules().first()}, options, stream, growing, memory);
            }
        };
    }

    private Pass heard(Pass pass) {
        return options.records() ? pass.heardBy(recorder) : pass;
    }

    List<Generation> run() {
        for (List<Writing> open = open(); !open.isEmpty(); open = open()) {
            if (network instanceof Network.Decoder) {
                step(open);
            } else {
                open.forEach(one -> step(List.of(one))); // each has a memory of its own
            }
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
        Pass pass = Pass.continuing(
                open.stream().mapToInt(each -> each.next.length).toArray(),
                open.stream().map(each -> each.context).toList());
        int[] ids = open.size() == 1
                ? open.getFirst().next
                : open.stream().flatMapToInt(each -> Arrays.stream(each.next)).toArray();
        if (options.records()) {
            recorder.running(open.stream().mapToInt(each -> each.number).toArray());
            open.forEach(each -> recorder.recording(each.number).label(labels(each.next)));
            pass = pass.heardBy(recorder);
        }
        Value hidden = hidden(pass, ids, open.getFirst().memory);
        for (int s = 0; s < open.size(); s++) {
            Tensor logits = logits(pass, Model.lastRow(pass, hidden, s));
            Writing one = open.get(s);
            boolean isLast = one.count == options.maxTokens() - 1;
            OptionalInt forced = model.rules().forcedAfter(one.prompt.length + one.count, isLast);
            int id = forced.isPresent() ? forced.getAsInt() : one.sampler.pick(allowed(one, logits.select(0, 0)));
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

    private Value hidden(Pass pass, int[] ids, @Nullable Memory memory) {
        return switch (network) {
            case Network.Decoder decoder -> decoder.hidden(pass, ids);
            case Network.EncoderDecoder pair -> pair.decode(pass, ids, Objects.requireNonNull(memory));
            case Network.Encoder encoder -> throw new IllegalStateException("generate: no decoder");
            case Network.Viewer viewer -> throw new IllegalStateException("generate: no decoder");
        };
    }

    private Tensor logits(Pass pass, Value row) {
        return switch (network) {
            case Network.Decoder decoder -> decoder.logits(pass, row).tensor();
            case Network.EncoderDecoder pair -> pair.logits(pass, row).tensor();
            case Network.Encoder encoder -> throw new IllegalStateException("generate: no decoder");
            case Network.Viewer viewer -> throw new IllegalStateException("generate: no decoder");
        };
    }

    private List<String> labels(int[] ids) {
        return Arrays.stream(ids).mapToObj(id -> model.tokenizer().label(id)).toList();
    }

    private void advance(Writing one, int id) {
        if (one.count == one.ids.length) {
            one.ids = Arrays.copyOf(one.ids, 2 * one.count);
        }
        one.ids[one.count++] = id;
        one.next = new int[] {id};
        if (model.endIds().contains(id)) {
            one.end = Generation.End.END_TOKEN;
        } else if (one.growing.add(one.stream.push(id))) {
            one.end = Generation.End.STOP_STRING;
        } else if (one.context.length() >= model.sizes().context() && one.count < options.maxTokens()) {
            one.end = Generation.End.CONTEXT_FULL;
        }
    }

    private Generation result(Writing one) {
        if (one.end != Generation.End.STOP_STRING) {
            one.growing.add(one.stream.finish());
        }
        one.growing.finish();
        Generation.End end = one.end == null ? Generation.End.MAX_TOKENS : one.end;
        return new Generation(one.prompt, one.written(), one.growing.text(), end, recorder.recording(one.number));
    }
}
