package dev.heed.train.worlds;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Things that happen between nouns of two groups of classes, and what can be the reason. "excess" reasons say "too tired";
 * the others say "tired", "very tired" or "so tired".
 */
record Scene(World world, boolean excess, List<Noun> a, List<Noun> b, List<Contrast> contrasts, List<Frame> frames) {
    static Scene excess(World world, Set<NounClass> a, Set<NounClass> b, String contrasts, String frames) {
        return new Scene(world, true, nouns(a), nouns(b), Contrast.parseAll(contrasts), parse(frames));
    }

    static Scene plain(World world, Set<NounClass> a, Set<NounClass> b, String contrasts, String frames) {
        return new Scene(world, false, nouns(a), nouns(b), Contrast.parseAll(contrasts), parse(frames));
    }

    private static List<Noun> nouns(Set<NounClass> classes) {
        return Lexicon.nouns().stream()
                .filter(noun -> classes.contains(noun.nounClass()))
                .toList();
    }

    private static List<Frame> parse(String lines) {
        return Arrays.stream(lines.strip().split("\n")).map(Frame::parse).toList();
    }
}
