package dev.tidewire.server;

import java.util.Optional;

/** What became of a task that was waited for. */
public sealed interface TaskOutcome {
    /**
     * The TASK handler returned.
     *
     * @param result what was given to {@link Task#finish}, if anything was
     */
    record Finished(long taskId, Optional<Object> result) implements TaskOutcome {}

    /**
     * The TASK handler threw; ERROR heard of it too.
     *
     * @param cause what it threw
     */
    record Failed(long taskId, Throwable cause) implements TaskOutcome {}

    /** It was not done in time. It still runs, or will; nobody hears of its result. */
    record TimedOut(long taskId) implements TaskOutcome {}

    /** It never runs: {@code maxQueuedTasks} were waiting already, or the server ends. */
    record Refused() implements TaskOutcome {}
}
