package dev.tidewire.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The server at the other end of a client's connection: what it says comes out of {@link #next}, one event at a time, and is
 * read no faster than it is taken.
 *
 * <p>Threads: one takes, one sends, any may close.
 */
final class Peer {
    private static final int MAX_MESSAGE_BYTES = 64 << 20;
    private static final int MAX_WHY_CHARACTERS = 200;

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Duration timeout;
    private final WebSocket socket;

    /** What came from the server. */
    sealed interface Event {}

    /** A whole text message. */
    record Text(String text) implements Event {}

    /** A whole binary message. */
    @SuppressWarnings("ArrayRecordComponent") // it is only ever taken apart, not compared
    record Binary(byte[] bytes) implements Event {}

    /** The closing handshake, begun by either side; nothing comes after it. */
    record Closed(int code, String reason) implements Event {
        @Override
        public String toString() {
            return reason.isEmpty() ? "code " + code : "code " + code + ", " + Printable.line(reason);
        }
    }

    /** The end of the connection without a closing handshake; nothing comes after it. */
    record Lost(String why) implements Event {}

    /** Nothing, for as long as was asked. */
    record Silence() implements Event {}

    private Peer(HttpClient client, URI address, Duration timeout) {
        this.timeout = timeout;
        socket = client.newWebSocketBuilder()
                .connectTimeout(timeout)
                .buildAsync(address, new Listener(events))
                .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    /**
     * Connects.
     *
     * @throws CommandFailure when that fails, saying why
     */
    static Peer connect(HttpClient client, URI address, Duration timeout) {
        try {
            return new Peer(client, address, timeout);
        } catch (CompletionException e) {
            throw new CommandFailure(
                    "cannot connect to " + address + ": "
                            + reason(Objects.requireNonNullElse(e.getCause(), e), address, timeout),
                    e);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("cannot connect to " + address + ": " + e.getMessage(), e);
        }
    }

    /** Takes the next event, waiting for it. */
    Event next() throws InterruptedException {
        return taken(events.take());
    }

    /** Takes the next event, or {@link Silence} when there is none in time. */
    Event next(Duration timeout) throws InterruptedException {
        Event event = events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
        return event == null ? new Silence() : taken(event);
    }

    /** Takes events until the connection is over. */
    void awaitEnd() throws InterruptedException {
        Event event = next();
        while (event instanceof Text || event instanceof Binary) {
            event = next();
        }
    }

    /**
     * Sends a text message and waits until the system has taken it.
     *
     * @return false when the connection is over, which {@link #next} tells as well
     */
    boolean send(String text) {
        return done(() -> socket.sendText(text, true));
    }

    /** Begins the closing handshake with code 1000; a server that does not answer it in time counts as lost. */
    void close() {
        done(() -> socket.sendClose(WebSocket.NORMAL_CLOSURE, ""));
        CompletableFuture.delayedExecutor(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() ->
                        events.add(new Lost("no answer to the close frame within " + timeout.toSeconds() + " s")));
    }

    private boolean done(Sending sending) {
        try {
            sending.begin().toCompletableFuture().join();
            return true;
        } catch (CompletionException | IllegalStateException e) {
            // With the output closed it is known already how the connection ended, or that it is about to.
            if (!socket.isOutputClosed()) events.add(new Lost(describe(e)));
            return false;
        }
    }

    private Event taken(Event event) {
        if (event instanceof Text || event instanceof Binary) socket.request(1);
        return event;
    }

    private static String reason(Throwable failure, URI address, Duration timeout) {
        return switch (failure) {
            case WebSocketHandshakeException refused -> refusal(refused);
            case HttpTimeoutException _, java.util.concurrent.TimeoutException _ ->
                "no answer within " + timeout.toSeconds() + " s (--timeout waits longer)";
            case SSLException insecure -> insecurity(insecure, address);
            default -> describe(failure);
        };
    }

    /** Why there is no TLS, with what may be done about it. */
    private static String insecurity(SSLException failure, URI address) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException || cause instanceof CertPathValidatorException) {
                return "the server's certificate is not trusted: " + cause.getMessage()
                        + " (try --cacert FILE or --insecure)";
            }
        }
        String words = describe(failure);
        boolean plain = words.contains("nrecognized SSL message"); // the JDK's, of bytes that are no TLS at all
        return plain
                ? "the server speaks no TLS there (try ws" + address.toString().substring(3) + ")"
                : words;
    }

    private static String refusal(WebSocketHandshakeException refused) {
        HttpResponse<?> response = refused.getResponse();
        if (response.statusCode() == 101) return "the handshake was answered wrongly: " + refused.getMessage();
        String why = why(response);
        return "the server refused the WebSocket with HTTP status " + response.statusCode()
                + (why.isEmpty() ? "" : ": " + why);
    }

    /** The first line of a plain text, as far as one line of a terminal may have it; empty for other answers. */
    private static String why(HttpResponse<?> response) {
        boolean plain = response.headers()
                .firstValue("Content-Type")
                .orElse("")
                .toLowerCase(Locale.ROOT)
                .startsWith("text/plain");
        if (!plain || !(response.body() instanceof String body)) return "";
        String line = body.lines().findFirst().orElse("").strip();
        return Printable.line(
                line.length() > MAX_WHY_CHARACTERS ? line.substring(0, MAX_WHY_CHARACTERS) + "..." : line);
    }

    /** The first words in the chain of causes; the JDK's client often gives only the deeper ones a message, or none. */
    private static String describe(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) return "the host name is unknown";
            if (cause instanceof ClosedChannelException) return "connection refused";
            if (cause.getMessage() != null && !(cause instanceof CompletionException)) return cause.getMessage();
        }
        return failure.getClass().getSimpleName();
    }

    /** A send or close that may complete later. */
    private interface Sending {
        CompletionStage<WebSocket> begin();
    }

    /** Puts messages together and queues what happens; asks for the next frame only inside a message. */
    private static final class Listener implements WebSocket.Listener {
        private final BlockingQueue<Event> events;
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

        Listener(BlockingQueue<Event> events) {
            this.events = events;
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                events.add(new Text(text.toString()));
                text.setLength(0);
            } else {
                askForMore(socket, text.length());
            }
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
            byte[] bytes = new byte[part.remaining()];
            part.get(bytes);
            binary.writeBytes(bytes);
            if (last) {
                events.add(new Binary(binary.toByteArray()));
                binary.reset();
            } else {
                askForMore(socket, binary.size());
            }
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            boolean lost = code == 1006;
            events.add(lost ? new Lost("the server went away without a close frame") : new Closed(code, reason));
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            events.add(new Lost(describe(error)));
        }

        private void askForMore(WebSocket socket, int received) {
            if (received > MAX_MESSAGE_BYTES) {
                onError(socket, new IOException("a message of more than " + MAX_MESSAGE_BYTES + " bytes came"));
                socket.abort();
            } else {
                socket.request(1);
            }
        }
    }
}
