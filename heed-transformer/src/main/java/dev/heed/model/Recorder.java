package dev.heed.model;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.nn.Listener;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Keeps what it hears, for each sequence of a batch. */
final class Recorder implements Listener {
    private final boolean keepsAttention;
    private final boolean keepsHidden;
    private final List<Kept> sequences = new ArrayList<>();
    /** Of each sequence of the pass, which of those recorded it is. */
    private int[] numbers;

    private static final class Kept {
        final Recording recording = new Recording();
        final Map<Kind, Map<Integer, List<Tensor>>> hidden = new TreeMap<>();
    }

    Recorder(int count, boolean keepsAttention, boolean keepsHidden) {
        this.keepsAttention = keepsAttention;
        this.keepsHidden = keepsHidden;
        numbers = new int[count];
        for (int s = 0; s < count; s++) {
            sequences.add(new Kept());
            numbers[s] = s;
        }
    }

    /** The next pass runs these sequences alone. */
    void running(int[] which) {
        numbers = which;
    }

    @Override
    public void attended(Site site, int sequence, Attention attention, Heads heads) {
        if (keepsAttention) {
            sequences.get(numbers[sequence]).recording.add(site, attention, heads);
        }
    }

    @Override
    public void hidden(Kind stack, int index, int sequence, Tensor x) {
        if (keepsHidden) {
            sequences
                    .get(numbers[sequence])
                    .hidden
                    .computeIfAbsent(stack, s -> new TreeMap<>())
                    .computeIfAbsent(index, i -> new ArrayList<>())
                    .add(x);
        }
    }

    Recording recording(int sequence) {
        return sequences.get(sequence).recording;
    }

    List<Tensor> hidden(Kind stack, int sequence) {
        return sequences.get(sequence).hidden.getOrDefault(stack, Map.of()).values().stream()
                .map(parts -> Join.along(0, parts))
                .toList();
    }
}
