/** Where user code runs: one lane for each connection, whose events are serial and in order. */
@NullMarked
package dev.tidewire.server.internal.dispatch;

import org.jspecify.annotations.NullMarked;
