package dev.tidewire.server.options;

/** The system interface that moves bytes between the event loops and the kernel. */
public enum Transport {
    /** The first of {@link #IO_URING}, {@link #EPOLL}, {@link #KQUEUE} and {@link #NIO} that works here. */
    AUTO,
    /** Linux's completion queues; the least CPU per message (ADR-0003). */
    IO_URING,
    /** Linux's readiness queues. */
    EPOLL,
    /** The readiness queues of macOS and BSD. */
    KQUEUE,
    /** The JDK's own selectors; everywhere. */
    NIO
}
