/** What tests of a WebSocket server need and cannot get from ordinary clients. */
@NullMarked
package dev.tidewire.testkit;

import org.jspecify.annotations.NullMarked;
