/** Architectures, one file each: what config.json means, how the layers are wired, how checkpoints name them. */
@NullMarked
package dev.heed.model.arch;

import org.jspecify.annotations.NullMarked;
