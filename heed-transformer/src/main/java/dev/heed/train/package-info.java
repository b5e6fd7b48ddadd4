/** Training: data, optimisers, schedules, and a trainer whose every step is the same to the bit. */
@NullMarked
package dev.heed.train;

import org.jspecify.annotations.NullMarked;
