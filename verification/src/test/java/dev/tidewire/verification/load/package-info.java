/** Very many connections at once. */
@NullMarked
package dev.tidewire.verification.load;

import org.jspecify.annotations.NullMarked;
