package dev.heed.model;

import dev.heed.text.TokenStream;

/** Text that ids make one by one, until a stop string appears. */
record Growing(TokenStream stream, StopText text) {
    /** True if a stop string has appeared. */
    boolean add(int id) {
        return text.add(stream.push(id));
    }

    /** All text; what waited for more is given out. */
    String finish(boolean stopped) {
        if (!stopped) {
            text.add(stream.finish());
        }
        text.finish();
        return text.text();
    }
}
