/** What can be read from attention: numbers and pictures of heads, each beside its baseline. */
@org.jspecify.annotations.NullMarked
package dev.heed.lens;
