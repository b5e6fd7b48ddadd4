package dev.heed.app;

import dev.heed.attention.AttentionMap;
import java.util.List;

/** The heads of one run of a model, from which any tile of weights can be had. */
interface Heads {
    int layers();

    /** Query heads of a layer. */
    int heads();

    List<String> queryTokens();

    List<String> keyTokens();

    /** Queries [queryFrom, queryTo) of one head against all keys, labelled. */
    AttentionMap rows(int layer, int head, int queryFrom, int queryTo);

    /** Largest |Σ α·v − output| over the rows of a map. */
    double outputError(AttentionMap rows);
}
