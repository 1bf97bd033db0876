package dev.tidewire.server;

/**
 * Something a server calls back about; {@code H} is the shape of the callback, so that {@code server.on(MESSAGE, (ws, frame)
 * -> ...)} reads as in Swoole and is checked by the compiler.
 *
 * <p>The events are constants of the server class that owns them, and its subclasses have them too: {@code import static
 * dev.tidewire.server.WebSocketServer.*} brings all of them.
 */
@SuppressWarnings("UnusedTypeParameter") // on() takes a handler of this shape
public final class Event<H> {
    private final String name;
    private final Class<? extends Server> owner;

    Event(String name, Class<? extends Server> owner) {
        this.name = name;
        this.owner = owner;
    }

    /** The name by which Swoole registers it, such as {@code message}. */
    public String name() {
        return name;
    }

    /** The server class that has this event. */
    Class<? extends Server> owner() {
        return owner;
    }

    @Override
    public String toString() {
        return name;
    }
}
