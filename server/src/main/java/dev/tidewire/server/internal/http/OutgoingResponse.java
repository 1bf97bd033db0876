package dev.tidewire.server.internal.http;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.http.HttpResponse;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** The response to one request, sent by the conversation the request came in. */
final class OutgoingResponse implements HttpResponse {
    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";
    private static final Set<AsciiString> OURS =
            Set.of(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderNames.CONNECTION);

    private final HttpConversation conversation;
    private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
    private final HttpHeaders headers = new DefaultHttpHeaders();
    private int status = 200;

    private enum State {
        OPEN,
        ENDED,
        /** The server has answered in the application's place: what comes now goes nowhere. */
        TOO_LATE
    }

    OutgoingResponse(HttpConversation conversation) {
        this.conversation = conversation;
    }

    @Override
    public HttpResponse status(int status) {
        requireOpen();
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status must be between 200 and 599, was " + status);
        }
        this.status = status;
        return this;
    }

    @Override
    public HttpResponse header(String name, String value) {
        requireOpen();
        if (OURS.contains(AsciiString.of(name).toLowerCase())) {
            throw new IllegalArgumentException("header " + name + " is the server's to say");
        }
        headers.set(name, value);
        return this;
    }

    @Override
    public SendResult end() {
        return end(new byte[0]);
    }

    @Override
    public SendResult end(String body) {
        requireOpen();
        if (!headers.contains(HttpHeaderNames.CONTENT_TYPE)) headers.set(HttpHeaderNames.CONTENT_TYPE, PLAIN_TEXT);
        return end(body.getBytes(StandardCharsets.UTF_8), false);
    }

    @Override
    public SendResult end(byte[] body) {
        return end(body, true);
    }

    /** The handler failed: answers 500 unless it, or another thread, has answered before. */
    void fail() {
        if (!state.compareAndSet(State.OPEN, State.ENDED)) return;
        HttpHeaders ours = new DefaultHttpHeaders().set(HttpHeaderNames.CONTENT_TYPE, PLAIN_TEXT);
        send(500, ours, "internal server error\n".getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the response from an application that has had its time for it; false when it has used it. */
    boolean expire() {
        return state.compareAndSet(State.OPEN, State.TOO_LATE);
    }

    private SendResult end(byte[] body, boolean copy) {
        if (!state.compareAndSet(State.OPEN, State.ENDED)) {
            requireOpen();
            return SendResult.CLOSED;
        }
        return send(status, headers, copy ? body.clone() : body);
    }

    private SendResult send(int status, HttpHeaders headers, byte[] body) {
        FullHttpResponse message = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                Unpooled.wrappedBuffer(body),
                headers,
                new DefaultHttpHeaders());
        return conversation.respond(message);
    }

    private void requireOpen() {
        if (state.get() == State.ENDED) throw new IllegalStateException("the response was ended before");
    }
}
