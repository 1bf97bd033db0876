/** TLS in front of whatever a server speaks: certificates and their files, the handshake, the end of the stream. */
@NullMarked
package dev.tidewire.server.internal.tls;

import org.jspecify.annotations.NullMarked;
