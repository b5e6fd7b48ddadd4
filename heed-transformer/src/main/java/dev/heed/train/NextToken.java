package dev.heed.train;

import dev.heed.model.arch.Network;
import dev.heed.train.Documents.Document;
import dev.heed.train.Sequences.Sequence;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The next token of short texts, each by itself, and the end behind its last. */
final class NextToken implements NextTokens {
    private static final int TOGETHER = 16;

    private final Documents documents;
    private final String prompt;
    private final int end;

    /** @param end the id that ends texts; negative for none */
    NextToken(Documents documents, String prompt, int end) {
        this.documents = documents;
        this.prompt = prompt;
        this.end = end;
    }

    @Override
    public void check(Network network, Recipe recipe) {
        Sequences.requireDecoder(network);
        Sequences.requirePositions(network, documents.longest());
        for (Split split : Split.values()) {
            if (documents.of(split).stream().noneMatch(each -> each.ids().length > 1 || behind(each) >= 0)) {
                throw new IllegalArgumentException(
                        "train: a next token needs one before it, and every text of the part for "
                                + split.name().toLowerCase(Locale.ROOT) + " is a single token; give longer texts");
            }
        }
    }

    @Override
    public Batch batch(Recipe recipe, long number) {
        Draws places = Draws.of(recipe.seed(), "places");
        List<Document> train = documents.of(Split.TRAIN);
        return Sequences.of(IntStream.range(0, recipe.batch())
                .mapToObj(s -> train.get(places.below(number * recipe.batch() + s, train.size())))
                .map(this::shifted)
                .toList());
    }

    @Override
    public Stream<Batch> evaluation(int context, Split split) {
        List<Document> judging = documents.judging(split);
        return IntStream.iterate(0, from -> from < judging.size(), from -> from + TOGETHER)
                .mapToObj(from -> judging.subList(from, Math.min(from + TOGETHER, judging.size())))
                .map(some -> Sequences.of(some.stream().map(this::shifted).toList()));
    }

    @Override
    public Stream<int[]> texts(Split split) {
        return documents.of(split).stream().map(document -> {
            int behind = behind(document);
            int[] ids = document.ids();
            return behind < 0
                    ? ids
                    : IntStream.concat(Arrays.stream(ids), IntStream.of(behind)).toArray();
        });
    }

    /** The id behind the last; negative for none: where a text is cut, and where the tokenizer writes the end itself. */
    private int behind(Document document) {
        int[] ids = document.ids();
        return !document.ends() || ids[ids.length - 1] == end ? -1 : end;
    }

    private Sequence shifted(Document document) {
        int[] ids = document.ids();
        int[] expected = Arrays.copyOfRange(ids, 1, ids.length + 1);
        expected[ids.length - 1] = behind(document);
        return new Sequence(ids, expected);
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
