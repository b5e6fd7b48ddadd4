/** The generated worlds of sentences and stories that the bundled models are trained and measured on. */
@org.jspecify.annotations.NullMarked
package dev.heed.train.worlds;
