package dev.heed.train;

import dev.heed.text.Labels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Byte pair encoding, learned (Sennrich, Haddow and Birch 2016, arXiv 1508.07909; over bytes as in Radford et al. 2019): begin
 * with bytes, make the most frequent pair of neighbours a token, and again. Of pairs as frequent as each other the one with the
 * smaller ids goes first, so the result is a function of the texts alone.
 *
 * <pre>
 *   the then   t h e   t h e n    bytes
 *              th e    th e n     t·h is the most frequent pair
 *              the     the n      th·e
 * </pre>
 *
 * <p>A pair's words are remembered, so a merge costs what it changes: 8,000 tokens of a megabyte of text take a second or two.
 */
final class BytePairs {
    /** GPT-2's words: pairs are never made across their borders. */
    private static final Pattern WORD = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    /** A pair that stands once in all texts teaches nothing. */
    private static final long LEAST = 2;

    private final List<int[]> words = new ArrayList<>();
    private final long[] counts;
    private final Map<Long, Long> pairs = new HashMap<>();
    private final Map<Long, Set<Integer>> places = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>();
    private final List<String> spellings = new ArrayList<>();
    private final List<Merge> merges = new ArrayList<>();

    /** A pair and how often it stood somewhere when this was noted. */
    private record Candidate(long pair, long count) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            return count == other.count ? Long.compare(pair, other.pair) : Long.compare(other.count, count);
        }
    }

    /** Two tokens that became one, as they are spelled. */
    record Merge(String left, String right) {}

    /**
     * What was learned.
     *
     * @param spellings of all tokens, the bytes first, in the byte alphabet of GPT-2
     * @param merges in their order
     */
    record Learned(List<String> spellings, List<Merge> merges) {}

    private BytePairs(Map<String, Long> texts) {
        Labels.byteAlphabet().chars().forEach(c -> spellings.add(Character.toString(c)));
        counts = texts.values().stream().mapToLong(count -> count).toArray();
        for (String word : texts.keySet()) {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            int[] ids = new int[bytes.length];
            Arrays.setAll(ids, i -> bytes[i] & 0xFF);
            words.add(ids);
            count(words.size() - 1, 1, new HashSet<>());
        }
        pairs.forEach((pair, count) -> queue.add(new Candidate(pair, count)));
    }

    /**
     * Tokens of texts.
     *
     * @param size how many tokens at most, at least the 256 bytes; fewer if no pair stands twice
     */
    static Learned learn(Collection<String> texts, int size) {
        BytePairs learning = new BytePairs(words(texts));
        while (learning.spellings.size() < size && learning.mergeNext()) {
            // each call makes one token
        }
        return new Learned(List.copyOf(learning.spellings), List.copyOf(learning.merges));
    }

    private static Map<String, Long> words(Collection<String> texts) {
        Map<String, Long> words = new TreeMap<>();
        for (String text : texts) {
            WORD.matcher(text).results().forEach(word -> words.merge(word.group(), 1L, Long::sum));
        }
        return new LinkedHashMap<>(words);
    }

    /** False if no pair is left that stands twice. */
    private boolean mergeNext() {
        Candidate best = queue.poll();
        while (best != null && best.count() != pairs.getOrDefault(best.pair(), 0L)) {
            best = queue.poll(); // noted before other merges changed it
        }
        if (best == null || best.count() < LEAST) {
            return false;
        }
        int left = (int) (best.pair() >>> 32);
        int right = (int) best.pair();
        merges.add(new Merge(spellings.get(left), spellings.get(right)));
        spellings.add(spellings.get(left) + spellings.get(right));
        Set<Long> changed = new HashSet<>();
        for (int word : places.getOrDefault(best.pair(), Set.of())) {
            count(word, -1, changed);
            words.set(word, merged(words.get(word), left, right, spellings.size() - 1));
            count(word, 1, changed);
        }
        places.remove(best.pair());
        for (long pair : changed) {
            queue.add(new Candidate(pair, pairs.getOrDefault(pair, 0L)));
        }
        return true;
    }

    /** Adds or takes away the pairs of a word. */
    private void count(int word, int sign, Set<Long> changed) {
        int[] ids = words.get(word);
        for (int i = 0; i + 1 < ids.length; i++) {
            long pair = (long) ids[i] << 32 | ids[i + 1];
            pairs.merge(pair, sign * counts[word], Long::sum);
            changed.add(pair);
            if (sign > 0) {
                places.computeIfAbsent(pair, p -> new HashSet<>()).add(word);
            }
        }
    }

    private static int[] merged(int[] ids, int left, int right, int both) {
        int[] merged = new int[ids.length];
        int length = 0;
        for (int i = 0; i < ids.length; i++) {
            boolean here = ids[i] == left && i + 1 < ids.length && ids[i + 1] == right;
            merged[length++] = here ? both : ids[i];
            i += here ? 1 : 0;
        }
        return Arrays.copyOf(merged, length);
    }
}
