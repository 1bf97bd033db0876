package dev.tidewire.server.internal.engine;

/** What is behind an exception. */
public final class Causes {
    private Causes() {}

    /** The cause at the bottom, which may be {@code failure} itself; what wraps it often says nothing. */
    public static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) root = root.getCause();
        return root;
    }
}
