package dev.heed.train;

import dev.heed.model.arch.Network;
import dev.heed.nn.Pass;
import dev.heed.text.SpecialToken;
import dev.heed.text.Tokenizer;
import dev.heed.train.Documents.Document;
import dev.heed.train.Sequences.Sequence;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Masked words (Devlin et al. 2019, section 3.1): 15 % of the words are asked for, of which 80 % are shown as the mask, 10 % as a
 * word drawn at random, 10 % as they are. A pronoun is asked for the word that it stands for: half of the time behind the mask, a
 * quarter of the time as it is; else it is not asked. Nothing tells the network where that word stands.
 */
final class MaskedWords implements Task {
    private static final int TOGETHER = 64;
    private static final double SHARE = 0.15;
    private static final double SHOWN_AS_MASK = 0.8;
    private static final double SHOWN_AS_ANOTHER = 0.9;
    private static final double PRONOUN_MASKED = 0.5;
    private static final double PRONOUN_ASKED = 0.75;
    /** Draws of a sequence: more than it has tokens. */
    private static final long STRIDE = 1L << 16;

    private final Documents documents;
    private final String prompt;
    private final int mask;
    private final int[] words;
    private final boolean[] special;

    MaskedWords(Documents documents, String prompt) {
        this.documents = documents;
        this.prompt = prompt;
        try (Tokenizer tokenizer = Tokenizer.parse("tokenizer.json", documents.tokenizerJson())) {
            this.mask = mask(tokenizer);
            this.special = new boolean[documents.vocabulary()];
            IntStream.range(0, special.length).forEach(id -> special[id] = tokenizer.isSpecial(id));
        }
        this.words =
                IntStream.range(0, special.length).filter(id -> !special[id]).toArray();
    }

    /** The id that stands for a word to be predicted. */
    static int mask(Tokenizer tokenizer) {
        return tokenizer
                .id(SpecialToken.MASK)
                .orElseThrow(() -> new IllegalArgumentException("train: masked words need a tokenizer with a mask"));
    }

    @Override
    public void check(Network network, Recipe recipe) {
        if (!(network instanceof Network.Encoder encoder)) {
            throw new IllegalArgumentException(
                    "train: masked words need an encoder with a head that predicts words, such as bert, got "
                            + network.sizes().modelType());
        }
        Pass one = Pass.of(1);
        if (encoder.logits(one, encoder.hidden(one, new int[] {mask}, new int[1]))
                .isEmpty()) {
            throw new IllegalArgumentException(
                    "train: the model cannot learn masked words, its checkpoint has no head that"
                            + " predicts words; begin with one of a masked-word model");
        }
        Sequences.requirePositions(network, documents.longest());
    }

    @Override
    public Batch batch(Recipe recipe, long number) {
        Masks masks = new Masks(recipe.seed());
        Draws places = Draws.of(recipe.seed(), "places");
        List<Document> train = documents.of(Split.TRAIN);
        return Sequences.of(IntStream.range(0, recipe.batch())
                .mapToLong(s -> number * recipe.batch() + s)
                .mapToObj(n -> masks.on(train.get(places.below(n, train.size())), n))
                .toList());
    }

    @Override
    public Stream<Batch> evaluation(int context, Split split) {
        Masks masks = new Masks(0);
        List<Document> judging = documents.judging(split);
        return IntStream.iterate(0, from -> from < judging.size(), from -> from + TOGETHER)
                .mapToObj(from -> Sequences.of(IntStream.range(from, Math.min(from + TOGETHER, judging.size()))
                        .mapToObj(n -> masks.on(judging.get(n), n))
                        .toList()));
    }

    /** What is asked and how it is shown, drawn by a seed. */
    private final class Masks {
        private final Draws asks;
        private final Draws shows;
        private final Draws others;

        Masks(long seed) {
            asks = Draws.of(seed, "asked");
            shows = Draws.of(seed, "shown");
            others = Draws.of(seed, "other words");
        }

        Sequence on(Document document, long n) {
            int[] shown = document.ids().clone();
            int[] expected = new int[shown.length];
            Arrays.fill(expected, -1);
            for (int i = 0; i < shown.length; i++) {
                if (!special[shown[i]]) {
                    ask(document, i, n * STRIDE + i, shown, expected);
                }
            }
            if (Arrays.stream(expected).allMatch(label -> label < 0)) {
                askOne(document, n * STRIDE, shown, expected);
            }
            return new Sequence(shown, expected);
        }

        private void ask(Document document, int i, long draw, int[] shown, int[] expected) {
            double asked = asks.uniform(draw);
            if (document.meant()[i] != document.ids()[i]) {
                expected[i] = asked < PRONOUN_ASKED ? document.meant()[i] : -1;
                shown[i] = asked < PRONOUN_MASKED ? mask : shown[i];
            } else if (asked < SHARE) {
                expected[i] = shown[i];
                double as = shows.uniform(draw);
                shown[i] = as < SHOWN_AS_MASK
                        ? mask
                        : as < SHOWN_AS_ANOTHER ? words[others.below(draw, words.length)] : shown[i];
            }
        }

        /** So that every sequence asks something. */
        private void askOne(Document document, long draw, int[] shown, int[] expected) {
            int[] at = IntStream.range(0, shown.length)
                    .filter(i -> !special[shown[i]])
                    .toArray();
            int one = at[others.below(draw, at.length)];
            expected[one] = document.meant()[one];
            shown[one] = mask;
        }
    }

    @Override
    public String tokenizerJson() {
        return documents.tokenizerJson();
    }

    @Override
    public int vocabulary() {
        return documents.vocabulary();
    }

    @Override
    public String sha256() {
        return documents.sha256();
    }

    @Override
    public long size(Split split) {
        return documents.size(split);
    }

    @Override
    public String prompt() {
        return prompt;
    }
}
