/** What can be set before a server starts. */
@NullMarked
package dev.tidewire.server.options;

import org.jspecify.annotations.NullMarked;
