package dev.heed.lens;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import dev.heed.text.SpecialToken;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import dev.heed.train.worlds.Sentence;
import dev.heed.train.worlds.Span;
import dev.heed.train.worlds.Split;
import dev.heed.train.worlds.Stories;
import dev.heed.train.worlds.Story;
import dev.heed.train.worlds.Text;
import dev.heed.train.worlds.Worlds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Sentences of the worlds as questions to one model: its tokens, its way of answering. */
sealed interface Questions {
    Model model();

    /** Which attention may tell. */
    Kind kind();

    /** What is asked, in a few words. */
    String task();

    /** Different questions of a split. */
    List<Question.Pair> draw(Split split, int count, long seed);

    /** The questions that suit a model's network. */
    static List<Questions> of(Model model, long seed) {
        return switch (model.network()) {
            case Network.Encoder encoder ->
                List.of(new Masked(model, OptionalInt.empty()), new Masked(model, mask(model)));
            case Network.Decoder decoder -> List.of(new Told(model));
            case Network.EncoderDecoder pair -> List.of(Translated.ofLikelierStyle(model, seed));
            case Network.Viewer viewer ->
                throw new IllegalArgumentException("report routing: "
                        + model.sizes().modelType() + " looks at pictures; a model that reads sentences is needed");
        };
    }

    private static OptionalInt mask(Model model) {
        OptionalInt mask = model.tokenizer().id(SpecialToken.MASK);
        if (mask.isEmpty()) {
            throw new IllegalArgumentException(
                    "report routing: this encoder's vocabulary has no mask to put in place of \"it\"; a model of masked"
                            + " words is needed");
        }
        return mask;
    }

    /** A masked-word model says which noun it would put in place of "it", which it sees masked or as it is. */
    record Masked(Model model, OptionalInt mask) implements Questions {
        @Override
        public Kind kind() {
            return Kind.SELF;
        }

        @Override
        public String task() {
            return mask.isPresent()
                    ? "\"it\" masked, the referent in its place"
                    : "\"it\" as written, the referent in its place";
        }

        @Override
        public List<Question.Pair> draw(Split split, int count, long seed) {
            return pairs(split, count, seed, this::question);
        }

        private Question question(Sentence sentence) {
            Text text = sentence.english();
            Tokens tokens = encode(model, text.text());
            Map<Place, int[]> places = englishPlaces(text, tokens);
            int[] pronoun = required(places, Place.PRONOUN);
            Tokens read = mask.isEmpty() ? tokens : masked(tokens, pronoun[0]);
            return new Question(
                    read,
                    null,
                    places,
                    new int[] {pronoun[0]},
                    first(tokens, places, Place.REFERENT),
                    first(tokens, places, Place.OTHER),
                    isBefore(text.referent(), text.other()),
                    !isBefore(text.referent(), text.other()));
        }

        private Tokens masked(Tokens tokens, int at) {
            int id = mask.orElseThrow();
            List<Token> all = new ArrayList<>(tokens.all());
            Token was = all.get(at);
            all.set(
                    at,
                    new Token(
                            id,
                            model.tokenizer().piece(id),
                            model.tokenizer().label(id),
                            true,
                            was.sequence(),
                            was.typeId(),
                            was.start(),
                            was.end(),
                            was.codePointStart(),
                            was.codePointEnd(),
                            was.word()));
            return new Tokens(tokens.text(), tokens.pair(), List.copyOf(all));
        }
    }

    /** A model of stories says what "it" does: the verb tells which noun it stands for. */
    record Told(Model model) implements Questions {
        @Override
        public Kind kind() {
            return Kind.SELF;
        }

        @Override
        public String task() {
            return "stories: the verb behind \"it\"";
        }

        @Override
        public List<Question.Pair> draw(Split split, int count, long seed) {
            return Stories.evaluation(split, count, seed).stream()
                    .map(story -> new Question.Pair(question(story), Optional.of(question(story.twin()))))
                    .toList();
        }

        private Question question(Story story) {
            Story.Reference asked = story.references().getLast();
            Tokens read = encode(model, story.text().substring(0, asked.it().end()));
            Map<Place, int[]> places = new EnumMap<>(Place.class);
            places.put(Place.PRONOUN, tokens(read, asked.it()));
            places.put(Place.REFERENT, mentions(read, asked.referentMentions()));
            places.put(Place.OTHER, mentions(read, asked.otherMentions()));
            places.put(Place.PROPERTY, tokens(read, asked.property()));
            Span referent = asked.referentMentions().getLast();
            Span other = asked.otherMentions().getLast();
            return new Question(
                    read,
                    null,
                    places,
                    new int[] {read.size() - 1},
                    verb(story),
                    verb(story.twin()),
                    isBefore(
                            asked.referentMentions().getFirst(),
                            asked.otherMentions().getFirst()),
                    !isBefore(referent, other));
        }

        /** The id of the verb that tells, as it stands in the story; of one that is split, its first piece. */
        private int[] verb(Story story) {
            Tokens whole = encode(model, story.text());
            return new int[] {
                whole.get(tokens(whole, story.references().getLast().verb())[0]).id()
            };
        }

        private static int[] mentions(Tokens read, List<Span> spans) {
            return spans.stream()
                    .flatMapToInt(span -> Arrays.stream(tokens(read, span)))
                    .toArray();
        }
    }

    /** A translator names the noun again in German, or writes er, sie or es. */
    record Translated(Model model, boolean names) implements Questions {
        private static final int TO_CHOOSE_BY = 40;

        /** The style of German that the model finds likelier. */
        static Translated ofLikelierStyle(Model model, long seed) {
            List<Sentence> some =
                    sentences(Split.TRAIN, seed).limit(TO_CHOOSE_BY).toList();
            double named = likelihood(model, some, true);
            double pronoun = likelihood(model, some, false);
            return new Translated(model, named > pronoun);
        }

        private static double likelihood(Model model, List<Sentence> some, boolean names) {
            List<Tokens> written = some.stream()
                    .map(sentence -> written(model, german(sentence, names).text()))
                    .toList();
            List<Tokens> read = some.stream()
                    .map(sentence -> encode(model, sentence.english().text()))
                    .toList();
            return Answers.likelihood(model, read, written);
        }

        @Override
        public Kind kind() {
            return Kind.CROSS;
        }

        @Override
        public String task() {
            return names ? "translation: the noun named again for \"it\"" : "translation: er, sie or es for \"it\"";
        }

        @Override
        public List<Question.Pair> draw(Split split, int count, long seed) {
            return pairs(split, count, seed, this::question);
        }

        private Question question(Sentence sentence) {
            Text english = sentence.english();
            Text german = german(sentence, names);
            Text twin = german(sentence.twin().orElseThrow(), names);
            Tokens read = encode(model, english.text());
            Tokens plain = encode(model, german.text());
            Map<Place, int[]> places = englishPlaces(english, read);
            int[] steps = steps(german, plain);
            places.put(Place.ANSWER, steps);
            places.put(Place.WRITTEN_REFERENT, behind(noun(german.referent(), plain), steps));
            places.put(Place.WRITTEN_OTHER, behind(noun(otherSpan(german), plain), steps));
            Tokens otherwise = encode(model, twin.text());
            return new Question(
                    read,
                    written(model, german.text()),
                    places,
                    steps,
                    ids(plain, steps),
                    ids(otherwise, steps(twin, otherwise)),
                    isBefore(english.referent(), english.other()),
                    !isBefore(english.referent(), english.other()));
        }

        /** The decoder gives token t at its place t, being given the tokens before: article and noun, or the pronoun. */
        private int[] steps(Text german, Tokens plain) {
            int[] answer = tokens(plain, anaphor(german));
            return names
                    ? IntStream.concat(IntStream.of(answer[0] - 1), IntStream.of(answer))
                            .toArray()
                    : answer;
        }

        private static int[] ids(Tokens plain, int[] at) {
            return Arrays.stream(at).map(i -> plain.get(i).id()).toArray();
        }

        /** A noun and its article; the decoder is given each token one place later than it stands in the text. */
        private static int[] noun(Span span, Tokens plain) {
            int[] noun = tokens(plain, span);
            return IntStream.concat(IntStream.of(noun[0]), Arrays.stream(noun).map(i -> i + 1))
                    .toArray();
        }

        /** What is written before the answer. */
        private static int[] behind(int[] tokens, int[] steps) {
            return Arrays.stream(tokens).filter(i -> i <= steps[0]).toArray();
        }
    }

    // ---- what they share
    // ---------------------------------------------------------------------------------------------------

    /** Sentences that ask something: where both nouns have one gender, a German pronoun does not tell them apart. */
    private static List<Question.Pair> pairs(Split split, int count, long seed, Function<Sentence, Question> question) {
        return sentences(split, seed)
                .map(sentence -> new Question.Pair(
                        question.apply(sentence), sentence.twin().map(question)))
                .filter(pair -> pair.question().decidingStep() >= 0)
                .limit(count)
                .toList();
    }

    /** Different sentences with an "it". */
    private static Stream<Sentence> sentences(Split split, long seed) {
        return Worlds.sentences(split, seed)
                .filter(sentence -> sentence.twin().isPresent())
                .distinct();
    }

    private static Text german(Sentence sentence, boolean names) {
        return names ? sentence.named() : sentence.pronoun();
    }

    private static Tokens written(Model model, String german) {
        return model.toWrite(german);
    }

    private static Map<Place, int[]> englishPlaces(Text text, Tokens tokens) {
        Map<Place, int[]> places = new EnumMap<>(Place.class);
        places.put(Place.PRONOUN, tokens(tokens, anaphor(text)));
        places.put(Place.REFERENT, tokens(tokens, text.referent()));
        places.put(Place.OTHER, tokens(tokens, otherSpan(text)));
        places.put(Place.PROPERTY, tokens(tokens, text.property()));
        return places;
    }

    private static int[] required(Map<Place, int[]> places, Place place) {
        int[] at = places.get(place);
        if (at == null || at.length == 0) {
            throw new IllegalStateException("Questions: no token for " + place);
        }
        return at;
    }

    private static Span anaphor(Text text) {
        return Objects.requireNonNull(text.anaphor());
    }

    private static Span otherSpan(Text text) {
        return Objects.requireNonNull(text.other());
    }

    private static boolean isBefore(Span one, @Nullable Span other) {
        return other == null || one.start() < other.start();
    }

    /** The tokens that stand for characters of a span. */
    private static int[] tokens(Tokens tokens, Span span) {
        return IntStream.range(0, tokens.size())
                .filter(i -> !tokens.get(i).special())
                .filter(i -> tokens.get(i).start() < span.end() && tokens.get(i).end() > span.start())
                .toArray();
    }

    private static Tokens encode(Model model, String text) {
        Tokens tokens = model.tokenizer().encode(text);
        OptionalInt unknown = model.tokenizer().id(SpecialToken.UNK);
        for (Token token : tokens.all()) {
            if (unknown.isPresent() && token.id() == unknown.getAsInt()) {
                throw new IllegalArgumentException("report routing: the model's vocabulary has no word for '"
                        + text.substring(token.start(), token.end()) + "' of Heed's sentences (\"" + text
                        + "\"); a model that was trained on them is needed");
            }
        }
        return tokens;
    }

    /** The id of a noun as it stands in the sentence; of one that is split, its first piece. */
    private static int[] first(Tokens tokens, Map<Place, int[]> places, Place place) {
        return new int[] {tokens.get(required(places, place)[0]).id()};
    }
}
