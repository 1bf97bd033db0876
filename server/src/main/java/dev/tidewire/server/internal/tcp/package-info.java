/** The raw TCP conversation. */
@NullMarked
package dev.tidewire.server.internal.tcp;

import org.jspecify.annotations.NullMarked;
