/** Numbers with axes: the one array type that every other package passes around. */
@org.jspecify.annotations.NullMarked
package dev.heed.tensor;
