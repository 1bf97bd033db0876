package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.Upgrade;
import dev.tidewire.server.internal.engine.Connection;

/** What happens on a WebSocket connection; all of it is called in the connection's lane. */
public interface WebSocketEvents {
    /** The template of its path, such as {@code /chat/{room}}, or {@code *} where one endpoint serves every path. */
    String route();

    /** True when the application decides about handshakes; then {@link #handshake} is called for each. */
    boolean decidesHandshakes();

    /**
     * A handshake is in order and waits for the application's decision.
     *
     * @return false when the handler failed, so that nobody will decide unless it has been done
     */
    boolean handshake(Connection connection, HttpRequest request, Upgrade upgrade);

    /** The handshake that {@code request} asked for is done. */
    void opened(Connection connection, HttpRequest request);

    /**
     * A whole message came in.
     *
     * @param payload given away; UTF-8 when {@code opcode} is {@code TEXT}
     */
    void message(Connection connection, Opcode opcode, byte[] payload);

    /** True when the application takes messages in parts; then {@link #part} is called in place of {@link #message}. */
    boolean takesParts();

    /**
     * Some bytes of a message came in.
     *
     * @param bytes given away; of a text they may end inside a character
     * @param last true for the end of the message
     */
    void part(Connection connection, Opcode opcode, byte[] bytes, boolean last);

    /** True when the application wants to hear of control frames of this kind. */
    boolean hears(Opcode control);

    /** A ping, which has been answered, or a pong came in. */
    void control(Connection connection, Opcode opcode, byte[] payload);

    /** The peer's close frame came in, and is answered when this returns. */
    void closing(Connection connection, CloseEvent event);

    /** True when the application wants to hear of {@link #drained}. */
    boolean hearsDrain();

    /** Much waited to be sent, and little is left of it. */
    void drained(Connection connection);

    /** The connection is gone; nothing follows. */
    void closed(Connection connection, CloseEvent event);
}
