package dev.tidewire.server.internal.dispatch;

/** Events run where they arise, on the connection's event loop. */
final class LoopLanes implements Lanes {
    private static final Lane INLINE = new Inline();

    @Override
    public Lane lane(long fd) {
        return INLINE;
    }

    @Override
    public boolean runHere() {
        return false;
    }

    @Override
    public void close() {}

    private static final class Inline implements Lane {
        @Override
        public void execute(Runnable event) {
            event.run();
        }

        @Override
        public boolean isInline() {
            return true;
        }
    }
}
