/** Comparisons with rivals: the command, paired timing, the machine's limits and the report. */
@org.jspecify.annotations.NullMarked
package dev.heed.bench;
