/** The conformance suite: tables of what a client sends and exactly what the server answers, played over sockets. */
@NullMarked
package dev.tidewire.verification.conformance;

import org.jspecify.annotations.NullMarked;
