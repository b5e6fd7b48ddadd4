/** From text to token ids and back: tokenizers of Hugging Face folders, readable labels, words. */
@NullMarked
package dev.heed.text;

import org.jspecify.annotations.NullMarked;
