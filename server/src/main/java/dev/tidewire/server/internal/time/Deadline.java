package dev.tidewire.server.internal.time;

/**
 * Something that is to be done on a loop later, once for each time it is armed.
 *
 * <p>Threads: the loop's.
 */
public abstract class Deadline extends Wheel.Node {
    private final LoopTime time;

    /** One that is not armed. */
    protected Deadline(LoopTime time) {
        this.time = time;
    }

    /** Sees to it that it is done when {@code delayNanos} have gone by, and not when it was to be done before. */
    public final void arm(long delayNanos) {
        time.disarm(this);
        time.arm(this, delayNanos);
    }

    /** Sees to it that it is not done, unless it has been. */
    public final void cancel() {
        time.disarm(this);
    }

    /** What is to be done; it may arm itself again. */
    @Override
    protected abstract void due();
}
