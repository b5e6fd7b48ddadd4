/** The layers of transformers, each used by inference, inspection and training alike. */
@NullMarked
package dev.heed.nn;

import org.jspecify.annotations.NullMarked;
