package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.model.Picture;
import dev.heed.model.PictureReader;
import dev.heed.model.arch.Network;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What is classified: some texts or pictures, by their numbers. */
sealed interface Seen {
    /** Tokens that go through the network for one. */
    int tokens(int which);

    /** Class scores [which, classes] of some, if the network has a head for them. */
    Optional<Value> scores(Network network, Task.Passes passes, int[] which);

    /** Texts as ids. */
    record Texts(List<int[]> ids) implements Seen {
        @Override
        public int tokens(int which) {
            return ids.get(which).length;
        }

        @Override
        public Optional<Value> scores(Network network, Task.Passes passes, int[] which) {
            int[] lengths = Arrays.stream(which).map(this::tokens).toArray();
            int[] all = Arrays.stream(which)
                    .mapToObj(ids::get)
                    .flatMapToInt(Arrays::stream)
                    .toArray();
            return switch (network) {
                case Network.Decoder decoder -> {
                    Pass pass = passes.of(lengths);
                    yield decoder.classes(pass, all, decoder.hidden(pass, all));
                }
                case Network.Encoder encoder -> {
                    Pass pass = passes.of(lengths);
                    yield encoder.classes(pass, encoder.hidden(pass, all, new int[all.length]));
                }
                case Network.EncoderDecoder pair -> {
                    Memory memory = pair.encode(passes.of(lengths), all);
                    Pass pass = passes.of(lengths);
                    int[] given = Arrays.stream(which)
                            .mapToObj(ids::get)
                            .flatMapToInt(each -> shifted(pair.firstId(), each))
                            .toArray();
                    yield pair.classes(pass, pass.lastRows(pair.decode(pass, given, memory)));
                }
                case Network.Viewer viewer -> Optional.empty();
            };
        }

        /** What begins every text, and all but the last token: at that one the decoder says what the text is. */
        private static IntStream shifted(int first, int[] ids) {
            return IntStream.concat(IntStream.of(first), Arrays.stream(ids, 0, ids.length - 1));
        }
    }

    /** Files of pictures, read when they are looked at. */
    record Pictures(List<Path> files, PictureReader reader, int perPicture) implements Seen {
        @Override
        public int tokens(int which) {
            return perPicture;
        }

        @Override
        public Optional<Value> scores(Network network, Task.Passes passes, int[] which) {
            Tensor patches = reader.patches(
                    Arrays.stream(which).mapToObj(files::get).map(Picture::read).toList());
            return scores(network, passes, patches, which.length);
        }

        private static Optional<Value> scores(Network network, Task.Passes passes, Tensor patches, int count) {
            if (!(network instanceof Network.Viewer viewer)) {
                return Optional.empty();
            }
            int[] lengths = new int[count];
            Arrays.fill(lengths, viewer.cut().tokens());
            Pass pass = passes.of(lengths);
            return viewer.classes(pass, viewer.hidden(pass, patches));
        }
    }

    /** How many classes a network tells apart; 0 if it has no head that classifies what it sees as a whole. */
    static int classes(Network network) {
        Optional<Value> scores = network instanceof Network.Viewer viewer
                ? Pictures.scores(viewer, Pass::of, blank(viewer.cut()), 1)
                : new Texts(List.of(new int[1])).scores(network, Pass::of, new int[1]);
        return scores.map(each -> each.tensor().size(1)).orElse(0);
    }

    private static Tensor blank(Network.Cut cut) {
        return Tensor.zeros(cut.tokens() - 1, cut.numbers());
    }
}
