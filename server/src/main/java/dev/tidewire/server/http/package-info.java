/** HTTP requests and responses as the application sees them. */
@NullMarked
package dev.tidewire.server.http;

import org.jspecify.annotations.NullMarked;
