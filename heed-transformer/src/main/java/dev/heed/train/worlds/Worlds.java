package dev.heed.train.worlds;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The sentences of the worlds: endless and reproducible for training, finite and without repeats for measuring.
 *
 * <pre>{@code
 * List<Sentence> sentences = Worlds.evaluation(World.STREET, Split.TRAIN, 10, 1);
 * System.out.println(sentences.getFirst().english().text());
 * }</pre>
 */
public final class Worlds {
    /** Of 100 sentences, in the order of {@link World}. */
    private static final int[] SHARES = {28, 28, 24, 10, 10};

    private Worlds() {}

    /** Endless sentences of all worlds; the same split and seed give the same sentences. */
    public static Stream<Sentence> sentences(Split split, long seed) {
        var dice = new Dice(seed);
        return Stream.generate(() -> draw(world(dice), split, dice)).sequential();
    }

    /** Endless sentences of one world. */
    public static Stream<Sentence> sentences(World world, Split split, long seed) {
        var dice = new Dice(seed);
        return Stream.generate(() -> draw(world, split, dice)).sequential();
    }

    /** The first n different sentences of a seed; none is the twin of another (ask each for its {@link Sentence#twin}). */
    public static List<Sentence> evaluation(Split split, int n, long seed) {
        return withoutRepeats(sentences(split, seed), n);
    }

    /** {@link #evaluation(Split, int, long)} within one world. */
    public static List<Sentence> evaluation(World world, Split split, int n, long seed) {
        return withoutRepeats(sentences(world, split, seed), n);
    }

    private static List<Sentence> withoutRepeats(Stream<Sentence> sentences, int n) {
        Set<String> twins = new HashSet<>();
        Set<String> seen = new HashSet<>();
        return sentences
                .filter(sentence -> !twins.contains(sentence.english().text()))
                .filter(sentence -> seen.add(sentence.english().text()))
                .peek(sentence -> sentence.twin()
                        .ifPresent(twin -> twins.add(twin.english().text())))
                .limit(n)
                .toList();
    }

    private static Sentence draw(World world, Split split, Dice dice) {
        var sampler = new Sampler(dice);
        Derivation derivation = sampler.draw(world);
        while (!Holdout.allows(split, derivation)) {
            derivation = sampler.draw(world);
        }
        return new Sentence(derivation);
    }

    private static World world(Dice dice) {
        int left = dice.below(100);
        for (World world : World.values()) {
            left -= SHARES[world.ordinal()];
            if (left < 0) {
                return world;
            }
        }
        throw new IllegalStateException("worlds: shares must sum to 100");
    }
}
