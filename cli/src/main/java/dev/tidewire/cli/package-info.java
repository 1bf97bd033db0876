/** The {@code tidewire} command: a demo server, an echo server and a terminal client. */
@NullMarked
package dev.tidewire.cli;

import org.jspecify.annotations.NullMarked;
