/** README and docs: what they show can be compiled, and where they point there is something. */
@NullMarked
package dev.tidewire.verification.documents;

import org.jspecify.annotations.NullMarked;
