package dev.tidewire.cli;

import java.io.PrintWriter;

/**
 * Where a command writes.
 *
 * @param out what was asked for
 * @param err what is said about it
 */
record Console(PrintWriter out, PrintWriter err) {}
