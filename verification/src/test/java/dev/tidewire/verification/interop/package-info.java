/** Conversations with clients that nobody here wrote. */
@NullMarked
package dev.tidewire.verification.interop;

import org.jspecify.annotations.NullMarked;
