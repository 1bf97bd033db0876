/** Who subscribes to which topic, and how what is published reaches them. */
@NullMarked
package dev.tidewire.server.internal.topics;

import org.jspecify.annotations.NullMarked;
