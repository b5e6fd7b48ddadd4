/** Files of a Hugging Face folder: safetensors, its shards, and typed access to config.json. */
@NullMarked
package dev.heed.model.checkpoint;

import org.jspecify.annotations.NullMarked;
