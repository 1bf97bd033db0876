/**
 * A million connections to one server in one process: the server is the whole of it, on Java's NIO, and what stands below NIO in
 * place of the system is a network in memory.
 */
@NullMarked
package dev.tidewire.benchmarks.million;

import org.jspecify.annotations.NullMarked;
