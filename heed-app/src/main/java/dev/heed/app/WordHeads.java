package dev.heed.app;

import dev.heed.attention.AttentionMap;
import dev.heed.text.Words;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Heads seen word by word: the weight to a word is the sum over its tokens, the weight from a word their mean. */
record WordHeads(Heads tokens, Words queries, Words keys) implements Heads {
    @Override
    public int layers() {
        return tokens.layers();
    }

    @Override
    public int heads() {
        return tokens.heads();
    }

    @Override
    public List<String> queryTokens() {
        return queries.labels();
    }

    @Override
    public List<String> keyTokens() {
        return keys.labels();
    }

    @Override
    public AttentionMap rows(int layer, int head, int queryFrom, int queryTo) {
        AttentionMap map = tokenRows(layer, head, queryFrom, queryTo);
        int[] groups = Arrays.stream(queries.groups())
                .filter(group -> group >= queryFrom && group < queryTo)
                .map(group -> group - queryFrom)
                .toArray();
        Words some = new Words(queries.labels().subList(queryFrom, queryTo), groups);
        return new AttentionMap(
                layer,
                head,
                map.keyValueHead(),
                map.kind(),
                queryFrom,
                0,
                some.labels(),
                keys.labels(),
                Words.group(map.weights(), some, keys),
                visible(map, some));
    }

    /** The rows of all tokens of some words: words are numbered in the order of their tokens. */
    private AttentionMap tokenRows(int layer, int head, int queryFrom, int queryTo) {
        return tokens.rows(layer, head, firstOf(queryFrom), firstOf(queryTo));
    }

    private int firstOf(int word) {
        int[] groups = queries.groups();
        return (int) IntStream.of(groups).takeWhile(group -> group < word).count();
    }

    /** A word sees another if any of its tokens sees any of the other's. */
    private boolean[] visible(AttentionMap map, Words some) {
        boolean[] visible = new boolean[some.size() * keys.size()];
        for (int at = 0; at < map.visible().length; at++) {
            int row = some.groups()[at / map.columns()];
            visible[row * keys.size() + keys.groups()[at % map.columns()]] |= map.visible()[at];
        }
        return visible;
    }

    @Override
    public double outputError(AttentionMap rows) {
        return tokens.outputError(
                tokenRows(rows.layer(), rows.head(), rows.firstQuery(), rows.firstQuery() + rows.rows()));
    }
}
