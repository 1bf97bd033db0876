/** The PROXY protocol, before everything else on a connection. */
@NullMarked
package dev.tidewire.server.internal.proxy;

import org.jspecify.annotations.NullMarked;
