package dev.tidewire.testkit;

/** Finds buffers that were never released. */
public final class LeakCheck {
    private LeakCheck() {}
}
