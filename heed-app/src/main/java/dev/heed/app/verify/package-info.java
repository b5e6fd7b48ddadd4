/** Conformance cases, recognised by what is in their files, and what running one finds. */
@NullMarked
package dev.heed.app.verify;

import org.jspecify.annotations.NullMarked;
