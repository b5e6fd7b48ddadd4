package dev.heed.train;

import java.util.stream.Stream;

/** A task in which every token but a text's first is predicted from those before it. */
sealed interface NextTokens extends Task permits Corpus, NextToken {
    /** The texts of a part as ids, with what ends them. */
    Stream<int[]> texts(Split split);
}
