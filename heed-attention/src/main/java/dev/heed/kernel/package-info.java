/** The arithmetic: exp, tanh, tiles and threads, in a vector and a scalar version that give the same bits. */
@org.jspecify.annotations.NullMarked
package dev.heed.kernel;
