package dev.tidewire.server;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.http.HttpConversation;
import dev.tidewire.server.internal.http.HttpEvents;
import dev.tidewire.server.internal.http.HttpProtocol;
import dev.tidewire.server.options.ListenerProtocol;
import dev.tidewire.server.options.ServerOptions;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An HTTP/1.1 server. */
public sealed class HttpServer extends Server permits WebSocketServer {
    /** A plain HTTP request came in; required on a server that is not a {@link WebSocketServer}. */
    public static final Event<RequestHandler> REQUEST = new Event<>("request", HttpServer.class);

    /** What is spoken here, as ALPN names it (RFC 7301). */
    static final List<String> APPLICATION_PROTOCOLS = List.of("http/1.1");

    /** See {@link Server#Server(String, int)}. */
    public HttpServer(String host, int port) {
        super(host, port);
    }

    /** A server with these options. */
    public HttpServer(ServerOptions options) {
        super(options);
    }

    @Override
    public <H> HttpServer on(Event<H> event, H handler) {
        if (event.name().equals(RECEIVE.name())) {
            throw new IllegalArgumentException(
                    "event receive needs a plain Server or a listener for TCP, this one speaks HTTP");
        }
        super.on(event, handler);
        return this;
    }

    @Override
    ListenerProtocol protocol() {
        return ListenerProtocol.HTTP;
    }

    @Override
    boolean speaks(ListenerProtocol protocol) {
        return protocol == ListenerProtocol.HTTP || super.speaks(protocol);
    }

    @Override
    void requireHandlers(Listener listener) {
        if (listener.protocol() == ListenerProtocol.HTTP) {
            require(listener, REQUEST);
        } else {
            super.requireHandlers(listener);
        }
    }

    @Override
    Protocol protocol(Listener listener) {
        if (listener.protocol() != ListenerProtocol.HTTP) return super.protocol(listener);
        var close = handler(listener, CLOSE);
        HttpEvents events =
                new Upcalls(listener, CLOSE, close == null ? null : (server, event) -> close.handle(server, event));
        Protocol http =
                new HttpProtocol(connection -> HttpConversation.begin(connection, listener.options(), events, null));
        return secured(listener, http, APPLICATION_PROTOCOLS);
    }

    /** Brings what happens on HTTP connections to the application's handlers. */
    final class Upcalls implements HttpEvents {
        private final @Nullable ConnectHandler<Server> connect;
        private final @Nullable RequestHandler request;
        private final @Nullable CloseHandler<Server> disconnect;

        private final Event<?> disconnected;

        /** @param disconnect what is called, for the event {@code disconnected}, when a connection that only spoke HTTP is gone */
        Upcalls(Listener listener, Event<?> disconnected, @Nullable CloseHandler<Server> disconnect) {
            this.disconnected = disconnected;
            connect = handler(listener, CONNECT);
            request = handler(listener, REQUEST);
            this.disconnect = disconnect;
        }

        @Override
        public void connected(Connection connection) {
            tellConnected(connection, connect);
        }

        @Override
        public boolean request(Connection connection, HttpRequest incoming, HttpResponse response) {
            RequestHandler handler = Objects.requireNonNullElse(request, HttpServer::refuse);
            return run(connection, REQUEST, NO_ROUTE, () -> handler.handle(incoming, response));
        }

        @Override
        public void disconnected(Connection connection, CloseEvent event) {
            if (disconnect != null)
                run(connection, disconnected, NO_ROUTE, () -> disconnect.handle(HttpServer.this, event));
        }
    }

    /** The answer of a server that takes no plain requests. */
    private static void refuse(HttpRequest request, HttpResponse response) {
        response.status(400).end("this port speaks WebSocket only\n");
    }
}
