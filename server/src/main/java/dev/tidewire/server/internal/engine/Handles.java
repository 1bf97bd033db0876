package dev.tidewire.server.internal.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Finds the handles of fields that are changed atomically in place; an atomic object for each would cost memory per connection. */
public final class Handles {
    private Handles() {}

    /** The handle of an instance field of the class that {@code lookup} comes from. */
    public static VarHandle find(MethodHandles.Lookup lookup, String field, Class<?> type) {
        try {
            return lookup.findVarHandle(lookup.lookupClass(), field, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
