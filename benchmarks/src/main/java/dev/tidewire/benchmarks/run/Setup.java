package dev.tidewire.benchmarks.run;

/** How servers are set up, for their whole lives. */
public enum Setup {
    PLAIN,
    DEFLATE,
    TLS,
    /** To look at their memory: with a heap that is resident from the start. */
    MEMORY,
    /** As {@link #MEMORY}, and compressed. */
    MEMORY_DEFLATE,
    /** To look at how they start: as their user starts them. */
    START;

    /** True when a server is looked at while no other runs; else all run, and one at a time is busy. */
    boolean alone() {
        return memory() || this == START;
    }

    boolean memory() {
        return this == MEMORY || this == MEMORY_DEFLATE;
    }

    boolean deflate() {
        return this == DEFLATE || this == MEMORY_DEFLATE;
    }
}
