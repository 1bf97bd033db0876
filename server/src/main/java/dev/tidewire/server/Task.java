package dev.tidewire.server;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Work that was handed to the TASK handler by {@link Server#task} or {@link Server#taskWait}.
 *
 * <p>Threads: any.
 */
public final class Task {
    private final long id;
    private final Object data;
    private final AtomicReference<@Nullable Object> result = new AtomicReference<>();

    Task(long id, Object data) {
        this.id = id;
        this.data = data;
    }

    /** Counts from 1. */
    public long id() {
        return id;
    }

    /** What it is about: the very object that was given, not a copy. */
    public Object data() {
        return data;
    }

    /**
     * What it is about, as what it is.
     *
     * @throws ClassCastException when it is something else
     */
    public <T> T data(Class<T> type) {
        return type.cast(data);
    }

    /**
     * Gives the task a result: when the handler returns, FINISH is called with it, or {@link Server#taskWait} returns it.
     *
     * @throws IllegalStateException the second time
     */
    public void finish(Object result) {
        Objects.requireNonNull(result, "result");
        if (!this.result.compareAndSet(null, result)) {
            throw new IllegalStateException("task " + id + " has been finished before");
        }
    }

    Optional<Object> result() {
        return Optional.ofNullable(result.get());
    }
}
