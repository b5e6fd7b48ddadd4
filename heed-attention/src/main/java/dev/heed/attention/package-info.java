/** Attention as a description applied to queries, keys and values; its masks, weights, maps and reference. */
@org.jspecify.annotations.NullMarked
package dev.heed.attention;
