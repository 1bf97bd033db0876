/** Second opinions: what the server does fast and as bytes arrive, done plainly and all at once, from the RFCs alone. */
@NullMarked
package dev.tidewire.verification.model;

import org.jspecify.annotations.NullMarked;
