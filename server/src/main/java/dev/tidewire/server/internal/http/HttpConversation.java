package dev.tidewire.server.internal.http;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.protocol.Handshake;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Conversation;
import dev.tidewire.server.internal.engine.Ended;
import dev.tidewire.server.internal.time.Deadline;
import dev.tidewire.server.options.ServerOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 on one connection: one request is answered at a time and in order; requests sent ahead wait, a few at most.
 *
 * <p>A request that asks for an {@link ProtocolSwitch} is the last one read as HTTP. What follows it is held, unread, for the
 * protocol that takes over.
 *
 * <p>Threads: the connection's loop; {@link #respond} and those of {@link Conversation} any.
 */
public final class HttpConversation extends ChannelInboundHandlerAdapter implements Conversation {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    /** Requests sent ahead of their answers that may wait; past it no more are read until half of them are answered. */
    private static final int MAX_PIPELINED = 16;

    /** The form of RFC 9110 §5.6.7. */
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final String COLLECTOR = "collector";

    /** About what a header of a request costs in memory. */
    private static final int HEADER_BYTES = 100;

    private final Connection connection;
    private final ServerOptions options;
    private final HttpEvents events;
    private final @Nullable ProtocolSwitch upgrade;
    /** Null when nobody is believed to pass on requests of others. */
    private final @Nullable ClientAddress clients;
    /** The peer, or whom the PROXY protocol told. */
    private final SocketAddress sender;

    private final RequestDecoder decoder;
    private final HttpWire wire;
    private final ArrayDeque<FullHttpRequest> waiting = new ArrayDeque<>(2);
    /** What those that wait take in memory. */
    private long waitingBytes;
    /** True from when too many wait, or too much, until half of that does. */
    private boolean full;

    private final ArrayDeque<ByteBuf> behindUpgrade = new ArrayDeque<>(0);
    private @Nullable Deadline deadline;
    /** True while {@link #deadline} is for a request that has not begun. */
    private boolean idle;

    private @Nullable Deadline responseDeadline;
    private @Nullable Runnable whenAnswered;
    private boolean answering;
    private boolean keepAlive = true;
    /** True when the client, of HTTP/1.0, would close unless it is told that the connection is kept. */
    private boolean keepAliveIsTold;

    /** True when the client waits to be asked for the body of the request that comes next. */
    private boolean asksFirst;

    private boolean headOnly;
    private int lastStatus;
    private boolean last;
    private boolean finishing;
    private boolean finished;

    /** True when a response was not taken to its end. */
    private boolean cutShort;
    /** True from when it is known that what follows is not to be trusted. */
    private boolean refusing;

    private boolean peerEnded;
    private volatile boolean closedByUs;

    private HttpConversation(
            Connection connection, ServerOptions options, HttpEvents events, @Nullable ProtocolSwitch upgrade) {
        this.connection = connection;
        this.options = options;
        this.events = events;
        this.upgrade = upgrade;
        sender = connection.remoteAddress();
        ClientAddress header = new ClientAddress(options.trustedProxies(), options.forwardedHeader());
        clients = header.believes(sender) ? header : null;
        HttpDecoderConfig limits = new HttpDecoderConfig()
                .setMaxInitialLineLength(options.maxRequestHeadBytes())
                .setMaxHeaderSize(options.maxRequestHeadBytes());
        decoder = new RequestDecoder(limits, () -> full);
        wire = new HttpWire(connection, decoder);
    }

    /** Begins on a connection that was just accepted. */
    public static void begin(
            Connection connection, ServerOptions options, HttpEvents events, @Nullable ProtocolSwitch upgrade) {
        HttpConversation conversation = new HttpConversation(connection, options, events, upgrade);
        connection.converse(conversation);
        connection
                .channel()
                .pipeline()
                .addLast(conversation.wire)
                .addLast(conversation.decoder)
                .addLast(new HttpResponseEncoder())
                .addLast(COLLECTOR, new WholeRequests(options.maxRequestBodyBytes()))
                .addLast(conversation);
        conversation.expectRequest(connection.restOf(options.handshakeTimeout()), conversation::handshakeTimedOut);
        events.connected(connection);
    }

    @Override
    public WebSocketStatus status() {
        return WebSocketStatus.NONE;
    }

    /** Ends the connection behind the response under way, if there is one. */
    @Override
    public boolean close() {
        if (closedByUs) return false;
        closedByUs = true;
        connection.onLoop(this::closeWhenAnswered);
        return true;
    }

    @Override
    public void goAway() {
        close();
    }

    @Override
    public void overRate(String why) {
        refuseInTurn(429, why);
    }

    /** While a request is handled its client has to wait, and may do so in silence. */
    @Override
    public boolean isOurTurn() {
        return answering;
    }

    @Override
    public boolean hasUnread() {
        return !finished && decoder.hasStopped();
    }

    @Override
    public void readUnread() {
        wire.goOn();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!last && !finished && message instanceof FullHttpRequest request) {
            received(request);
        } else if (last && !refusing && !finished && message instanceof ByteBuf bytes) {
            behindUpgrade.add(bytes);
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (idle && decoder.hasBegun()) {
            stopClock();
            expectNext();
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        switch (event) {
            case ChannelInputShutdownEvent ended -> {
                peerEnded = true;
                if (!answering) finish();
            }
            case WholeRequests.AsksFirst asks -> {
                asksFirst = true;
                askForBody();
            }
            case WholeRequests.TooLong tooLong -> overLimit("maxRequestBodyBytes", 413, tooLong.why());
            case HttpWire.NotHttp notHttp -> {
                if (notHttp.isTls()) {
                    spokeTls();
                } else {
                    LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=not_http");
                    connection.counters().count("http.malformed");
                    refuseInTurn(400, "this is not HTTP");
                }
            }
            default -> {}
        }
    }

    private void spokeTls() {
        boolean tell = connection.counters().countAndTell("http.tls_client");
        LOG.log(
                tell ? WARNING : DEBUG,
                () -> "fd=" + connection.fd() + " event=tls_on_plain_port peer=" + connection.remoteAddress()
                        + " hint=\"this port speaks no TLS, and the client does: it wants ws:// or http://, or this server a certificate\"");
        refuseInTurn(400, "this port speaks plain HTTP, not TLS");
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stopClock();
        stopResponseClock();
        releaseWaiting();
        boolean clean = (peerEnded || closedByUs || finished) && !cutShort;
        CloseEvent event = new CloseEvent(
                connection.fd(),
                clean ? CloseCode.NORMAL : CloseCode.ABNORMAL,
                "",
                closedByUs || connection.wasCut() || (finished && !peerEnded) ? Initiator.SERVER : Initiator.CLIENT,
                clean);
        connection.gone(new Ended(event, "http", "-", lastStatus), () -> events.disconnected(connection, event));
    }

    /** A reset or the like; the channel closes and {@link #channelInactive} tells. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=connection_failed cause=" + cause);
        ctx.close();
    }

    /**
     * Answers the request under way with this status and ends the connection; nothing more is read from it. For requests
     * after which the bytes that follow cannot be trusted to be HTTP.
     */
    public void refuse(int status, String reason, Map<String, String> headers) {
        HttpHeaders all = new DefaultHttpHeaders();
        headers.forEach(all::set);
        refuse(status, reason + "\n", all);
    }

    /** {@link #refuse(int, String, Map)} with a body and headers as they are. */
    public void refuse(int status, String body, HttpHeaders headers) {
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=request_refused status=" + status);
        stopReadingHttp();
        refusing = true;
        closedByUs = true;
        answering = true;
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                Unpooled.copiedBuffer(body, StandardCharsets.UTF_8),
                headers,
                new DefaultHttpHeaders());
        if (!headers.contains(HttpHeaderNames.CONTENT_TYPE)) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
        }
        write(response);
    }

    /**
     * Ends HTTP here and puts {@code next} in its place.
     *
     * @param begin run when {@code next} is in place
     * @param read  gets, and releases, what the peer sent behind the upgrade request; it is counted already
     */
    public <H extends ChannelHandler & Conversation> void handOver(H next, Runnable begin, Consumer<ByteBuf> read) {
        stopClock();
        ChannelPipeline pipeline = connection.channel().pipeline();
        ChannelHandlerContext here = pipeline.context(this);
        pipeline.addLast(next);
        for (String name : pipeline.names()) {
            ChannelHandler handler = pipeline.get(name);
            if (handler instanceof HttpWire || handler instanceof HttpResponseEncoder) pipeline.remove(handler);
        }
        pipeline.remove(this);
        connection.converse(next);
        begin.run();
        for (ByteBuf bytes = behindUpgrade.poll(); bytes != null; bytes = behindUpgrade.poll()) {
            read.accept(bytes);
        }
        here.fireChannelReadComplete();
        connection.resumeReading(Connection.Pause.PROTOCOL);
        if (peerEnded) here.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        if (closedByUs) next.goAway();
    }

    /** Sends the response to the request under way; takes {@code response}. */
    SendResult respond(FullHttpResponse response) {
        if (!connection.isOpen()) return SendResult.CLOSED;
        connection.later(() -> write(response));
        return connection.outbound().isCongested() ? SendResult.QUEUED : SendResult.SENT;
    }

    private void received(FullHttpRequest request) {
        stopClock();
        asksFirst = false;
        DecoderResult decoded = request.decoderResult();
        if (decoded.isFailure()) {
            request.release();
            refuseUndecodable(decoded.cause());
            return;
        }
        if (!connection.messageReceived()) {
            request.release();
            return;
        }
        decoder.requestEnds();
        if (upgrade != null && upgrade.isAskedBy(new HttpHead(request))) stopReadingHttp();
        waiting.add(request);
        waitingBytes += weight(request);
        if (!answering) answerNext();
        boolean tooMany = waiting.size() > MAX_PIPELINED;
        boolean tooLong = waitingBytes > options.maxPendingBytes();
        full = tooMany || tooLong;
        if (!full && !upgradeWaits()) return;
        if (!connection.pauseReading(Connection.Pause.PROTOCOL)) return;
        if (tooMany) connection.counters().count("limit.maxPipelined");
        if (tooLong) connection.counters().count("limit.maxPendingBytes");
    }

    private @Nullable FullHttpRequest nextWaiting() {
        FullHttpRequest next = waiting.poll();
        if (next != null) waitingBytes -= weight(next);
        if (waiting.size() <= MAX_PIPELINED / 2 && waitingBytes <= options.maxPendingBytes() / 2) {
            full = false;
            if (!last) connection.resumeReading(Connection.Pause.PROTOCOL);
        }
        return next;
    }

    private boolean nothingWaits() {
        return waiting.isEmpty() && whenAnswered == null;
    }

    private static int weight(FullHttpRequest request) {
        return request.content().readableBytes()
                + HEADER_BYTES * request.headers().size();
    }

    /** False also for an upgrade that was answered on the spot, handed over or refused. */
    private boolean upgradeWaits() {
        return last && !refusing && connection.conversation() == this;
    }

    /** Refuses what comes behind the requests that are whole, once those are answered. */
    private void refuseInTurn(int status, String reason) {
        stopReadingHttp();
        refusing = true;
        boolean head = decoder.isHead();
        Runnable refusal = () -> {
            headOnly = head;
            refuse(status, reason, Map.of());
        };
        if (answering) {
            whenAnswered = refusal;
        } else {
            refusal.run();
        }
    }

    private void overLimit(String option, int status, String reason) {
        connection.counters().count("limit." + option);
        refuseInTurn(status, reason);
    }

    private void refuseUndecodable(Throwable cause) {
        switch (cause) {
            case TooLongHttpLineException tooLong ->
                overLimit(
                        "maxRequestHeadBytes",
                        414,
                        "the request line is over " + options.maxRequestHeadBytes() + " bytes");
            case TooLongHttpHeaderException tooLong ->
                overLimit(
                        "maxRequestHeadBytes", 431, "the headers are over " + options.maxRequestHeadBytes() + " bytes");
            default -> {
                connection.counters().count("http.malformed");
                refuseInTurn(400, "this is not a well-formed HTTP/1.1 request");
            }
        }
    }

    private void answerNext() {
        FullHttpRequest message = nextWaiting();
        if (message == null) {
            if (whenAnswered != null) {
                whenAnswered.run();
            } else if (finishing || peerEnded) {
                finish();
            } else {
                askForBody();
                expectNext();
            }
            return;
        }
        answering = true;
        keepAlive = HttpUtil.isKeepAlive(message);
        keepAliveIsTold = !message.protocolVersion().isKeepAliveDefault();
        headOnly = message.method().equals(HttpMethod.HEAD);
        try {
            answer(message);
        } finally {
            message.release();
        }
    }

    /** Not while an earlier request is unanswered, for the client would take this 100 for an answer to that one. */
    private void askForBody() {
        if (!asksFirst || answering || last || finishing || finished || peerEnded) return;
        asksFirst = false;
        connection
                .channel()
                .writeAndFlush(new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }

    private void answer(FullHttpRequest message) {
        if (message.protocolVersion().majorVersion() != 1) {
            refuse(505, "this server speaks HTTP/1.1", Map.of());
            return;
        }
        // Netty has taken the header away where it says chunked and no more.
        if (message.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            refuse(501, "there must be no transfer coding but chunked (RFC 9112 §6.1)", Map.of());
            return;
        }
        IncomingRequest request;
        try {
            request = new IncomingRequest(connection, message, clientOf(message));
        } catch (IllegalArgumentException malformed) {
            refuse(400, "the request target, or the header Forwarded, is malformed", Map.of());
            return;
        }
        if (clients != null && !connection.realAddress(request.remoteAddress())) {
            refuse(429, "too many connections of this address", Map.of("Retry-After", "10"));
            return;
        }
        if (last && nothingWaits() && upgrade != null) {
            upgrade.answer(connection, this, request, new HttpHead(message));
        } else if (!isHostClear(message)) {
            refuse(
                    400,
                    "there must be exactly one Host header, with a host or nothing in it (RFC 9112 §3.2)",
                    Map.of());
        } else {
            OutgoingResponse response = new OutgoingResponse(this);
            expectResponse(response);
            connection.deliver(message.content().readableBytes(), () -> {
                if (!events.request(connection, request, response)) response.fail();
            });
        }
    }

    /** A proxy may pass on requests of several clients on one connection. */
    private SocketAddress clientOf(FullHttpRequest message) {
        if (clients == null) return sender;
        return clients.of(sender, message.headers().getAll(clients.headerName()));
    }

    /** Clients of HTTP/1.0 may leave the header out. */
    private static boolean isHostClear(FullHttpRequest message) {
        List<String> hosts = message.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.isEmpty()) return message.protocolVersion().equals(HttpVersion.HTTP_1_0);
        String host = hosts.getFirst();
        return hosts.size() == 1 && (host.isEmpty() || Handshake.isHost(host));
    }

    private void write(FullHttpResponse response) {
        stopResponseClock();
        if (!connection.channel().isActive()) {
            response.release();
            return;
        }
        connection.traffic().messagesSent(1);
        lastStatus = response.status().code();
        response.headers().set(HttpHeaderNames.DATE, HTTP_DATE.format(Instant.now()));
        boolean bodiless = response.status().code() == 204 || response.status().code() == 304;
        if (!bodiless) HttpUtil.setContentLength(response, response.content().readableBytes());
        boolean close = !keepAlive || finishing || closedByUs || (peerEnded && nothingWaits());
        if (close) {
            response.headers().add(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else if (keepAliveIsTold) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
        }
        sayUpgrade(response);
        FullHttpResponse sent = headOnly || bodiless ? response.replace(Unpooled.EMPTY_BUFFER) : response;
        connection.channel().writeAndFlush(sent).addListener(written -> {
            if (!written.isSuccess()) {
                cutShort = true;
            } else if (close) {
                finish();
            } else {
                answered();
            }
        });
        connection.cutOffUnlessTaken(options.keepAliveTimeout());
    }

    /** RFC 9110 §15.5.22: with 426 goes what to upgrade to; §7.8: with that, word of it in Connection. */
    private void sayUpgrade(FullHttpResponse response) {
        HttpHeaders headers = response.headers();
        if (upgrade != null && response.status().code() == 426 && !headers.contains(HttpHeaderNames.UPGRADE)) {
            headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        }
        if (headers.contains(HttpHeaderNames.UPGRADE)) {
            headers.add(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
        }
    }

    private void answered() {
        answering = false;
        answerNext();
    }

    /** From here on the peer's bytes are not HTTP: they are held back. */
    private void stopReadingHttp() {
        if (last) return;
        last = true;
        stopClock();
        ChannelPipeline pipeline = connection.channel().pipeline();
        pipeline.remove(COLLECTOR);
        pipeline.remove(decoder);
    }

    private void closeWhenAnswered() {
        finishing = true;
        if (!answering) finish();
    }

    /** Waits for the next request to begin, or to be whole when it has begun. */
    private void expectNext() {
        idle = !decoder.hasBegun();
        expectRequest(options.keepAliveTimeout(), idle ? this::keptAliveLongEnough : this::requestTimedOut);
    }

    private void keptAliveLongEnough() {
        connection.counters().count("limit.keepAliveTimeout");
        finish();
    }

    private void finish() {
        finished = true;
        stopClock();
        releaseWaiting();
        connection.closeGently(options.closeTimeout());
    }

    private void handshakeTimedOut() {
        timedOut("handshakeTimeout", options.handshakeTimeout());
    }

    private void requestTimedOut() {
        timedOut("keepAliveTimeout", options.keepAliveTimeout());
    }

    private void timedOut(String option, Duration atMost) {
        headOnly = decoder.isHead();
        connection.counters().count("limit." + option);
        refuse(408, "no whole request within " + atMost.toSeconds() + " s", Map.of());
    }

    private void expectRequest(Duration atMost, Runnable otherwise) {
        deadline = connection.in(atMost, otherwise);
    }

    /** Runs {@code otherwise} unless the application has {@linkplain #stopResponseClock answered}, or the connection ended, before. */
    public void expectAnswer(Duration atMost, Runnable otherwise) {
        responseDeadline = connection.in(atMost, otherwise);
    }

    private void expectResponse(OutgoingResponse response) {
        Duration atMost = options.responseTimeout();
        if (atMost.isPositive()) expectAnswer(atMost, () -> responseTimedOut(response));
    }

    private void responseTimedOut(OutgoingResponse response) {
        responseDeadline = null;
        if (!response.expire()) return;
        connection.counters().count("limit.responseTimeout");
        refuse(503, "no answer within " + options.responseTimeout().toSeconds() + " s", Map.of());
    }

    /** The application has answered, or need not any more. */
    public void stopResponseClock() {
        if (responseDeadline != null) responseDeadline.cancel();
        responseDeadline = null;
    }

    private void stopClock() {
        idle = false;
        if (deadline == null) return;
        deadline.cancel();
        deadline = null;
    }

    private void releaseWaiting() {
        waiting.forEach(FullHttpRequest::release);
        waiting.clear();
        waitingBytes = 0;
        behindUpgrade.forEach(ByteBuf::release);
        behindUpgrade.clear();
    }
}
