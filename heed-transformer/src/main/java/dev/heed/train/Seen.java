package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.model.Picture;
import dev.heed.model.PictureReader;
import dev.heed.model.arch.Head;
import dev.heed.model.arch.Network;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What is classified: texts or pictures, by their numbers. What is asked of them are rows of scores, each with a class to be
 * found: one row for each of them, one for each token, or two for each, in which its tokens are the classes.
 */
sealed interface Seen {
    /** Tokens that go through the network for one. */
    int tokens(int which);

    /** Rows of scores of some, [rows, classes] or one such matrix for each, if the network has a head for them. */
    Optional<List<Value>> scores(Network network, Task.Passes passes, int[] which);

    /** What is asked. */
    Head head();

    /** How many rows must be right for one answer. */
    default int rowsOfAnswer() {
        return head() == Head.PLACES ? 2 : 1;
    }

    /**
     * A text as a network reads it.
     *
     * @param types the segment of each token
     */
    record Text(int[] ids, int[] types) {
        /** Some tokens of a text. */
        static Text of(Tokens tokens, int[] which) {
            return new Text(
                    Arrays.stream(which).map(i -> tokens.get(i).id()).toArray(),
                    Arrays.stream(which).map(i -> tokens.get(i).typeId()).toArray());
        }
    }

    /**
     * Texts.
     *
     * @param head what is asked of them
     */
    record Texts(List<Text> all, Head head) implements Seen {
        @Override
        public int tokens(int which) {
            return all.get(which).ids().length;
        }

        @Override
        public Optional<List<Value>> scores(Network network, Task.Passes passes, int[] which) {
            int[] lengths = Arrays.stream(which).map(this::tokens).toArray();
            return matrix(network, passes, which, lengths)
                    .map(scores -> head == Head.PLACES ? passes.of(lengths).turned(scores) : List.of(scores));
        }

        /** As the head gives them: a row for each text or token. */
        private Optional<Value> matrix(Network network, Task.Passes passes, int[] which, int[] lengths) {
            int[] ids = gathered(which, Text::ids);
            return switch (network) {
                case Network.Decoder decoder -> {
                    Pass pass = passes.of(lengths);
                    Value hidden = decoder.hidden(pass, ids);
                    yield head == Head.WHOLE ? decoder.classes(pass, ids, hidden) : decoder.tokenClasses(pass, hidden);
                }
                case Network.Encoder encoder -> {
                    Pass pass = passes.of(lengths);
                    Value hidden = encoder.hidden(pass, ids, gathered(which, Text::types));
                    yield head == Head.WHOLE ? encoder.classes(pass, hidden) : encoder.tokenClasses(pass, hidden);
                }
                case Network.EncoderDecoder pair -> {
                    Memory memory = pair.encode(passes.of(lengths), ids);
                    Pass pass = passes.of(lengths);
                    Value hidden =
                            pair.decode(pass, gathered(which, text -> shifted(pair.firstId(), text.ids())), memory);
                    yield head == Head.WHOLE
                            ? pair.classes(pass, pass.lastRows(hidden))
                            : pair.tokenClasses(pass, hidden);
                }
                case Network.Viewer viewer -> Optional.empty();
            };
        }

        private int[] gathered(int[] which, Function<Text, int[]> part) {
            return Arrays.stream(which)
                    .mapToObj(all::get)
                    .map(part)
                    .flatMapToInt(Arrays::stream)
                    .toArray();
        }

        /** What begins every text, and all but the last token: at that one the decoder says what the text is. */
        private static int[] shifted(int first, int[] ids) {
            return IntStream.concat(IntStream.of(first), Arrays.stream(ids, 0, ids.length - 1))
                    .toArray();
        }
    }

    /** Files of pictures, read when they are looked at. */
    record Pictures(List<Path> files, PictureReader reader, int perPicture) implements Seen {
        @Override
        public int tokens(int which) {
            return perPicture;
        }

        @Override
        public Head head() {
            return Head.WHOLE;
        }

        @Override
        public Optional<List<Value>> scores(Network network, Task.Passes passes, int[] which) {
            Tensor patches = reader.patches(
                    Arrays.stream(which).mapToObj(files::get).map(Picture::read).toList());
            return matrix(network, passes, patches, which.length).map(List::of);
        }

        private static Optional<Value> matrix(Network network, Task.Passes passes, Tensor patches, int count) {
            if (!(network instanceof Network.Viewer viewer)) {
                return Optional.empty();
            }
            int[] lengths = new int[count];
            Arrays.fill(lengths, viewer.cut().tokens());
            Pass pass = passes.of(lengths);
            return viewer.classes(pass, viewer.hidden(pass, patches));
        }
    }

    /** How many classes a network tells apart; 0 if it has no such head. */
    static int classes(Network network, Head head) {
        int[] one = new int[1];
        Optional<Value> scores = network instanceof Network.Viewer viewer
                ? Pictures.matrix(viewer, Pass::of, blank(viewer.cut()), 1)
                : new Texts(List.of(new Text(one, one)), head).matrix(network, Pass::of, one, new int[] {1});
        return scores.map(each -> each.tensor().size(1)).orElse(0);
    }

    private static Tensor blank(Network.Cut cut) {
        return Tensor.zeros(cut.tokens() - 1, cut.numbers());
    }
}
