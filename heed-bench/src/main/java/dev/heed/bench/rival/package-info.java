/** Who takes part: one small interface and one adapter per library. */
@org.jspecify.annotations.NullMarked
package dev.heed.bench.rival;
