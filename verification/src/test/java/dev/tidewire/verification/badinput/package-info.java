/** What a server answers to peers that are wrong, hostile or absent. */
@NullMarked
package dev.tidewire.verification.badinput;

import org.jspecify.annotations.NullMarked;
