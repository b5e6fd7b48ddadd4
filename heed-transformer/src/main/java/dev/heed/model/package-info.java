/** Models: a folder in; text, hidden states, logits and recorded attention out. */
@NullMarked
package dev.heed.model;

import org.jspecify.annotations.NullMarked;
