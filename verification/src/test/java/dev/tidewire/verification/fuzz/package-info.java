/** Bytes that nobody thought of, read by the server's code and by the plain second opinions of {@code model}. */
@NullMarked
package dev.tidewire.verification.fuzz;

import org.jspecify.annotations.NullMarked;
