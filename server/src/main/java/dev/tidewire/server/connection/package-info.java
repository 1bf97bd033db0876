/** What a server tells about one connection. */
@NullMarked
package dev.tidewire.server.connection;

import org.jspecify.annotations.NullMarked;
