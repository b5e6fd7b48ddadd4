/** Reverse-mode differentiation: a tape that records the ops of a forward pass, or does not and costs nothing. */
@NullMarked
package dev.heed.grad;

import org.jspecify.annotations.NullMarked;
