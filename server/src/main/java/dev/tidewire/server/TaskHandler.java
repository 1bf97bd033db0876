package dev.tidewire.server;

/** Does what was handed over by {@link Server#task}. */
@FunctionalInterface
public interface TaskHandler<S extends Server> {
    /**
     * Called on a virtual thread of its own; may block. The task is over when this returns, with a result if there was a {@link
     * Task#finish}.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and ends a {@link Server#taskWait}
     */
    void handle(S server, Task task) throws Exception;
}
