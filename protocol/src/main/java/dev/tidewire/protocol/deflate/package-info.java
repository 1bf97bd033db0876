/** permessage-deflate (RFC 7692): what client and server agree on, and DEFLATE by zlib or by the JDK. */
@NullMarked
package dev.tidewire.protocol.deflate;

import org.jspecify.annotations.NullMarked;
