/** What came before attention: the same recall task for five kinds of readers, trained alike. */
@NullMarked
package dev.heed.train.recall;

import org.jspecify.annotations.NullMarked;
