/** What is recorded by JDK Flight Recorder while it records. */
@NullMarked
package dev.tidewire.server.internal.jfr;

import org.jspecify.annotations.NullMarked;
