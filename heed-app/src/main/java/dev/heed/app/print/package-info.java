/** How results are printed: tables, heatmaps and bars, as text, JSON or CSV. */
@NullMarked
package dev.heed.app.print;

import org.jspecify.annotations.NullMarked;
