/** The HTTP/1.1 conversation, up to the point where another protocol takes the connection over. */
@NullMarked
package dev.tidewire.server.internal.http;

import org.jspecify.annotations.NullMarked;
