package dev.heed.model;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Context;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What writing needs of a model: the ids that a text begins from, and the logits behind each of several texts in one pass. */
final class Decoding {
    private final Model model;
    private final @Nullable Recorder recorder;
    private final @Nullable Memory memory;
    private final List<int[]> begins;

    /**
     * @param prompts texts to go on with; an encoder–decoder reads them here, together
     * @param recorder hears every pass, if there is one
     */
    Decoding(Model model, List<Tokens> prompts, @Nullable Recorder recorder) {
        this.model = model;
        this.recorder = recorder;
        prompts.forEach(this::check);
        memory = switch (model.network()) {
            case Network.EncoderDecoder pair -> read(pair, prompts);
            case Network.Decoder decoder -> null;
            case Network.Encoder encoder -> throw writesNot("reads texts and does not write any");
            case Network.Viewer viewer -> throw writesNot("looks at pictures and does not write");
        };
        begins = prompts.stream()
                .map(prompt ->
                        memory == null ? prompt.ids() : new int[] {model.rules().first()})
                .toList();
    }

    private void check(Tokens prompt) {
        if (prompt.size() == 0) {
            throw new IllegalArgumentException("generate: the prompt must have at least one token");
        }
        prompt.requireAtMost(model.network().longest());
    }

    private IllegalArgumentException writesNot(String what) {
        return new IllegalArgumentException(
                "generate: " + model.sizes().modelType() + " " + what + "; use a decoder or an encoder-decoder");
    }

    private Memory read(Network.EncoderDecoder pair, List<Tokens> prompts) {
        Pass pass = Pass.of(prompts.stream().mapToInt(Tokens::size).toArray()).heardBy(recorder);
        for (int i = 0; recorder != null && i < prompts.size(); i++) {
            recorder.recording(i).labelMemory(prompts.get(i).labels());
        }
        return pair.encode(
                pass,
                prompts.stream().flatMapToInt(each -> Arrays.stream(each.ids())).toArray());
    }

    /** The ids that the text behind a prompt begins from: the prompt's, or the decoder's first. */
    int[] begin(int prompt) {
        return begins.get(prompt);
    }

    /** The most tokens that can be written behind a prompt, the last of which the model never sees. */
    int room(int prompt) {
        long room = (long) model.network().longest() - begin(prompt).length + 1;
        return Math.clamp(room, 0, Integer.MAX_VALUE);
    }

    /**
     * The logits behind each text, [texts, vocabulary].
     *
     * @param contexts what each has seen
     * @param next the ids that come next in each
     * @param prompts the number of the prompt of each
     */
    Tensor logits(List<Context> contexts, List<int[]> next, int[] prompts) {
        int[] ids = next.stream().flatMapToInt(Arrays::stream).toArray();
        Pass pass = Pass.continuing(next.stream().mapToInt(each -> each.length).toArray(), contexts)
                .heardBy(recorder);
        if (recorder != null) {
            recorder.running(prompts);
            for (int i = 0; i < prompts.length; i++) {
                recorder.recording(prompts[i]).label(labels(next.get(i)));
            }
        }
        return switch (model.network()) {
            case Network.Decoder decoder ->
                decoder.logits(pass, pass.lastRows(decoder.hidden(pass, ids))).tensor();
            case Network.EncoderDecoder pair -> {
                Value hidden =
                        pair.decode(pass, ids, Objects.requireNonNull(memory).of(prompts));
                yield pair.logits(pass, pass.lastRows(hidden)).tensor();
            }
            case Network.Encoder encoder -> throw new IllegalStateException("generate: no decoder");
            case Network.Viewer viewer -> throw new IllegalStateException("generate: no decoder");
        };
    }

    private List<String> labels(int... ids) {
        return Arrays.stream(ids).mapToObj(id -> model.writer().label(id)).toList();
    }

    /** The text of what is written behind a prompt, as it grows. */
    Growing growing(int prompt, List<String> stops, Consumer<String> out) {
        Growing growing = new Growing(model.writer().stream(), new StopText(stops, out));
        for (int i = 0; memory == null && i < begin(prompt).length; i++) {
            growing.stream().skip(begin(prompt)[i]);
        }
        return growing;
    }
}
