package dev.tidewire.server;

/** Hears of the results of tasks. */
@FunctionalInterface
public interface FinishHandler<S extends Server> {
    /**
     * Called where the TASK handler ran, behind it.
     *
     * @param taskId what {@link Server#task} returned
     * @param result what was given to {@link Task#finish}
     * @throws Exception anything: it goes to {@link Server#ERROR}
     */
    void handle(S server, long taskId, Object result) throws Exception;
}
