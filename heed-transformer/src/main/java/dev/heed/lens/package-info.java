/** What can be read from attention: numbers and pictures of heads, each beside its baseline. */
@NullMarked
package dev.heed.lens;

import org.jspecify.annotations.NullMarked;
