/** The {@code heed} command: parses, calls the engine, prints. */
@NullMarked
package dev.heed.app;

import org.jspecify.annotations.NullMarked;
