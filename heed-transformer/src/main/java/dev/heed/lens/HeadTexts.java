package dev.heed.lens;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Model;
import dev.heed.model.Recording;
import dev.heed.model.Run;
import dev.heed.model.arch.Network;
import dev.heed.text.Tokens;
import java.util.List;
import java.util.Objects;

/**
 * What a model is given so that its heads of one kind can be measured.
 *
 * @param read texts that are read
 * @param written what a decoder beside an encoder is given for each; empty where there is one stack
 */
record HeadTexts(Kind kind, List<Tokens> read, List<Tokens> written) {
    /** Of the only stack, or of the encoder. */
    static Kind usual(Model model) {
        return model.network() instanceof Network.EncoderDecoder ? Kind.ENCODER : Kind.SELF;
    }

    /** A decoder beside an encoder is given what it writes itself; where the encoder is asked alone, what begins every text. */
    static HeadTexts of(Model model, Kind kind, List<Tokens> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("head metrics: at least one text is needed");
        }
        if (!(model.network() instanceof Network.EncoderDecoder pair)) {
            if (kind != Kind.SELF) {
                throw new IllegalArgumentException("head metrics: "
                        + model.sizes().modelType() + " has self-attention only, no " + kind + " attention");
            }
            return new HeadTexts(kind, texts, List.of());
        }
        List<Tokens> written = kind == Kind.ENCODER
                ? texts.stream()
                        .map(text -> model.writtenTokens(pair.firstId()))
                        .toList()
                : texts.stream()
                        .map(text ->
                                model.run(text, Run.Options.attentionOnly()).written())
                        .map(Objects::requireNonNull)
                        .toList();
        return new HeadTexts(kind, texts, written);
    }

    int size() {
        return read.size();
    }

    /** Whether queries are tokens that a decoder writes beside an encoder. */
    boolean isOfWriter() {
        return !written.isEmpty() && kind != Kind.ENCODER;
    }

    /** Queries of all texts. */
    int tokens() {
        return (isOfWriter() ? written : read).stream().mapToInt(Tokens::size).sum();
    }

    /** The keys' tokens in another order. */
    HeadTexts shuffled(long seed) {
        return isOfWriter() && kind == Kind.SELF
                ? new HeadTexts(kind, read, RepeatedTexts.shuffled(written, seed))
                : new HeadTexts(kind, RepeatedTexts.shuffled(read, seed), written);
    }

    Recording recording(Model model, int text) {
        Run run = written.isEmpty()
                ? model.run(read.get(text), Run.Options.attentionOnly())
                : model.run(read.get(text), written.get(text), Run.Options.attentionOnly());
        return run.recording();
    }
}
