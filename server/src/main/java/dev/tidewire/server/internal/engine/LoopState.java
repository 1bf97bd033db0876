package dev.tidewire.server.internal.engine;

import dev.tidewire.server.internal.dispatch.Lanes;
import dev.tidewire.server.internal.time.LoopTime;

/**
 * What one event loop keeps for all of its connections.
 *
 * @param turn   those that are written to in its present turn
 * @param time   its clock and deadlines
 * @param counts what it counts
 * @param lanes  makes those where their events run
 */
record LoopState(LoopTurn turn, LoopTime time, LoopCounts counts, Lanes lanes) {}
