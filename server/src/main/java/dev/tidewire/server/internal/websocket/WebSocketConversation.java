package dev.tidewire.server.internal.websocket;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.protocol.ClosePayload;
import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.ProtocolViolation;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.internal.engine.ArrayFrame;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Ended;
import dev.tidewire.server.internal.engine.Handles;
import dev.tidewire.server.internal.engine.Intake;
import dev.tidewire.server.internal.engine.LoopThread;
import dev.tidewire.server.internal.engine.Outbound;
import dev.tidewire.server.internal.engine.Piece;
import dev.tidewire.server.internal.engine.Pinging;
import dev.tidewire.server.internal.engine.SendBuffers;
import dev.tidewire.server.internal.time.Deadline;
import dev.tidewire.server.internal.topics.Subscriber;
import dev.tidewire.server.internal.topics.Subscriptions;
import dev.tidewire.server.internal.topics.Topics;
import dev.tidewire.server.options.SlowConsumer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpHeaders;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * WebSocket on one connection, from the 101 response to the end of the TCP connection.
 *
 * <p>Closing (RFC 6455 §7), whoever begins:
 *
 * <pre>
 *   application, server or broken rule ── our close frame ──┬── peer's close frame ──┐
 *                                                            └── closeTimeout ── cut  ├── flush, end our half, wait
 *   peer's close frame ── events before it are handled ── our close frame ────────────┘   for the peer's, close
 * </pre>
 *
 * Replies to messages that came before the peer's close frame, or before the frame that broke a rule, still go out: our
 * close frame waits for the handlers of those messages, for {@code closeTimeout} at most.
 *
 * <p>Threads: the connection's loop; {@link #push}, {@link #disconnect} and those of {@code Conversation} any.
 */
public final class WebSocketConversation extends ChannelInboundHandlerAdapter
        implements Pinging, MessageReader.Sink, Intake, Subscriber<SharedMessage> {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    private static final VarHandle STATUS = Handles.find(MethodHandles.lookup(), "status", WebSocketStatus.class);
    private static final VarHandle FRAGMENTED = Handles.find(MethodHandles.lookup(), "fragmented", boolean.class);

    private static final byte[] NO_PAYLOAD = {};
    /** In the first byte of a frame: the opcode is one of a control frame. */
    private static final int CONTROL_BIT = 0x08;

    /** From here on it is worth while to write a payload apart from its header. */
    private static final int LONG_PAYLOAD_BYTES = 64 * 1024;

    /** So much of a frame must be missing for the rest of it to be received in a way of its own. */
    private static final int LONG_REST_BYTES = 64 * 1024;

    /** Of what a client sends that may compress so much is read at a time. */
    private static final int COMPRESSED_READ_BYTES = 1024;
    /** How long what a client has compressed is read in one turn of the loop. */
    private static final long INFLATE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final int SWITCHING_PROTOCOLS = 101;
    /** When both sides have said their last, and it was taken, the peer has only to end its half. */
    private static final Duration HALF = Duration.ofSeconds(1);
    /** How long a connection that sends nothing keeps the memory of what it compressed last. */
    private static final Duration CONTEXT_IDLE = Duration.ofSeconds(30);

    private final Connection connection;
    private final Duration closeTimeout;
    private final int shutdownCode;
    private final WebSocketEvents events;
    private final Topics<SharedMessage> topics;
    private final MessageReader reader;
    private final @Nullable Compressor compressor;
    private final SlowConsumer slow;

    private volatile WebSocketStatus status = WebSocketStatus.ESTABLISHED;

    /** True from the push of a first fragment to the push of the last; keeps the application's own order legal. */
    private volatile boolean fragmented;

    /** True once the application closed: no frame is handed over from then on, in any dispatch mode. */
    private volatile boolean disconnected;

    /** Made by the first subscription; guarded by the monitor when null. */
    private volatile @Nullable Subscriptions<SharedMessage> subscriptions;

    private @Nullable Unread unread;
    private @Nullable Ending ending;
    private @Nullable Deadline contextWatch;
    private boolean leaving;
    private boolean peerEnded;
    private boolean closeReceived;
    private boolean closeSent;
    /** True once nothing more is sent to a peer that ended without a close frame. */
    private boolean finished;

    private @Nullable Runnable lastWords;
    private @Nullable Deadline deadline;

    /** @param agreement how messages are compressed, or null when they are not */
    WebSocketConversation(Connection connection, Endpoint endpoint, @Nullable DeflateAgreement agreement) {
        this.connection = connection;
        this.closeTimeout = endpoint.closeTimeout();
        this.shutdownCode = endpoint.shutdownCode();
        this.events = endpoint.events();
        this.topics = endpoint.topics();
        this.slow = endpoint.slowConsumer();
        if (agreement == null) {
            compressor = null;
            reader = new MessageReader(endpoint.rules(false));
        } else {
            Compression compression = endpoint.compression();
            compressor = compression.compressor(agreement);
            reader = new MessageReader(endpoint.rules(true), compression.inflation(agreement));
        }
        if (events.takesParts()) reader.inParts();
    }

    /** Answers the handshake and opens; bytes behind the request come after this. */
    void begin(String acceptKey, HttpHeaders headers, HttpRequest request) {
        Outbound out = connection.outbound();
        out.readBegins(0);
        out.sequenceArrivals(this::next);
        if (slow == SlowConsumer.DROP_OLDEST) out.holdBack();
        SwitchingProtocols.write(out, acceptKey, headers);
        connection.deliver(0, () -> events.opened(connection, request));
        connection.watch();
    }

    @Override
    public WebSocketStatus status() {
        return status;
    }

    /**
     * Sends one frame with a copy of {@code payload}.
     *
     * @throws IllegalArgumentException for a control payload over 125 bytes, or a close payload that may not be sent
     * @throws IllegalStateException for a continuation without a first fragment, or a first fragment before the last of the
     *     message before
     */
    public SendResult push(Opcode opcode, boolean fin, byte[] payload) {
        return push(opcode, fin, payload, isWorthCompressing(payload), false);
    }

    /** {@link #push(Opcode, boolean, byte[])} of a payload that nobody changes any more: a long one need not be copied. */
    public SendResult pushLasting(Opcode opcode, boolean fin, byte[] payload) {
        return push(opcode, fin, payload, isWorthCompressing(payload), payload.length >= LONG_PAYLOAD_BYTES);
    }

    /**
     * {@link #push(Opcode, boolean, byte[])} with the application's own choice.
     *
     * @param compress true to compress a message that this frame begins, if that was agreed on
     */
    public SendResult push(Opcode opcode, boolean fin, byte[] payload, boolean compress) {
        return push(opcode, fin, payload, compress, false);
    }

    /**
     * Sends a whole message that a handler pushes on the loop, while what the client sent is read: the short way of {@link #push(Opcode, boolean, byte[])},
     * for as long as nothing is out of the ordinary.
     *
     * @return false when something is, and nothing was sent
     */
    public boolean answers(Opcode opcode, byte[] payload) {
        if (opcode != Opcode.TEXT && opcode != Opcode.BINARY) return false;
        if (status != WebSocketStatus.ESTABLISHED || compressor != null) return false;
        if (!connection.outbound().reserveStraight(frameBytes(payload))) return false;
        write(opcode, payload);
        return true;
    }

    private boolean isWorthCompressing(byte[] payload) {
        return compressor != null && compressor.isWorthwhile(payload.length);
    }

    private SendResult push(Opcode opcode, boolean fin, byte[] payload, boolean compress, boolean uncopied) {
        if (opcode.isControl()) return pushControl(opcode, payload);
        if (status != WebSocketStatus.ESTABLISHED || !fetchOnLoop()) return SendResult.CLOSED;
        Piece piece = piece(opcode, fin);
        requireOrder(piece);
        SendResult result = SendResult.DROPPED;
        try {
            result = compress && compressor != null && opcode != Opcode.CONTINUATION
                    ? sendCompressed(compressor, opcode, fin, payload, uncopied)
                    : send(opcode, fin, payload, uncopied);
        } catch (RuntimeException | Error failed) {
            result = despiteFailure(piece);
            throw failed;
        } finally {
            keepOrder(piece, isTaken(result));
        }
        return result;
    }

    /**
     * Sends a message that many connections get, if it has a key in the place of one that was sent with the same key and still waits; see
     * {@link Compressor#compressedElsewhere}.
     */
    public SendResult push(SharedMessage message) {
        return status == WebSocketStatus.ESTABLISHED ? sendShared(message) : SendResult.CLOSED;
    }

    @Override
    public Executor loop() {
        return connection.loop();
    }

    @Override
    public Subscriptions<SharedMessage> subscriptions() {
        Subscriptions<SharedMessage> present = subscriptions;
        return present == null ? firstSubscriptions() : present;
    }

    private synchronized Subscriptions<SharedMessage> firstSubscriptions() {
        Subscriptions<SharedMessage> present = subscriptions;
        if (present == null) {
            present = new Subscriptions<>(this);
            subscriptions = present;
        }
        return present;
    }

    private synchronized void endSubscriptions() {
        status = WebSocketStatus.CLOSED;
        if (subscriptions == null) {
            subscriptions = Subscriptions.ended(this);
        } else {
            topics.gone(this);
        }
    }

    /** Also while a close frame of ours is on its way to the loop: what was published before it goes out before it. */
    @Override
    public void published(SharedMessage message) {
        if (closeSent || finished) return;
        try {
            sendShared(message);
        } catch (RuntimeException | Error failed) {
            // The others are to get it.
            LOG.log(ERROR, () -> "fd=" + connection.fd() + " event=delivery_failed cause=" + failed);
            connection.abort();
        }
    }

    /**
     * Sends one frame as soon as there is room for it, behind all that wait already. Not on a loop.
     *
     * @return {@code DROPPED} when there was no room for {@code atMost}
     * @throws IllegalArgumentException as {@link #push(Opcode, boolean, byte[])}
     * @throws IllegalStateException likewise
     */
    public SendResult sendBlocking(Opcode opcode, boolean fin, byte[] payload, long atMostNanos)
            throws InterruptedException {
        if (opcode.isControl()) return pushControl(opcode, payload);
        if (status != WebSocketStatus.ESTABLISHED) return SendResult.CLOSED;
        Piece piece = piece(opcode, fin);
        requireOrder(piece);
        SendResult result = SendResult.DROPPED;
        try {
            boolean compress = opcode != Opcode.CONTINUATION && isWorthCompressing(payload);
            result = connection
                    .outbound()
                    .sendWhenRoom(
                            piece,
                            frameBytes(payload),
                            () -> compress ? marked(opcode, fin, payload) : frame(opcode, fin, payload),
                            atMostNanos);
        } catch (RuntimeException | Error failed) {
            result = despiteFailure(piece);
            throw failed;
        } finally {
            keepOrder(piece, isTaken(result));
        }
        return result;
    }

    /** Fails for a fragment that no message is open for, and for a second open message. */
    private void requireOrder(Piece piece) {
        switch (piece) {
            case WHOLE, CONTROL -> {}
            case FIRST -> {
                if (!FRAGMENTED.compareAndSet(this, false, true)) {
                    throw new IllegalStateException("fd " + connection.fd()
                            + " has an unfinished message that must be ended first (RFC 6455 §5.4)");
                }
            }
            case MIDDLE, LAST -> {
                if (!fragmented) {
                    throw new IllegalStateException(
                            "fd " + connection.fd() + " has no unfinished message to continue (RFC 6455 §5.4)");
                }
            }
        }
    }

    /** A message is open from its first fragment that was taken to its last that was. */
    private void keepOrder(Piece piece, boolean taken) {
        if (piece == Piece.LAST ? taken : piece == Piece.FIRST && !taken) fragmented = false;
    }

    /** What became of a fragment whose push failed, perhaps after it was taken. */
    private SendResult despiteFailure(Piece piece) {
        boolean taken = connection.outbound().isMessageOpen() == (piece == Piece.FIRST);
        return taken ? SendResult.SENT : SendResult.DROPPED;
    }

    private static Piece piece(Opcode opcode, boolean fin) {
        if (opcode.isControl()) return Piece.CONTROL;
        if (opcode == Opcode.CONTINUATION) return fin ? Piece.LAST : Piece.MIDDLE;
        return fin ? Piece.WHOLE : Piece.FIRST;
    }

    /** The most bytes that may wait to be sent. */
    public int maxQueuedBytes() {
        return connection.listening().options().maxQueuedBytes();
    }

    /** True while frames can be pushed. */
    public boolean isOpen() {
        return status == WebSocketStatus.ESTABLISHED;
    }

    /**
     * Begins the closing handshake.
     *
     * @return false when closing had begun before
     * @throws IllegalArgumentException when {@code code} may not be on the wire or {@code reason} is over 123 bytes
     */
    public boolean disconnect(int code, String reason) {
        byte[] payload = ClosePayload.encode(code, reason);
        return disconnect(new Ending(code, reason, Initiator.SERVER), payload);
    }

    @Override
    public boolean hearsDrain() {
        return events.hearsDrain();
    }

    @Override
    public void drained() {
        if (status != WebSocketStatus.ESTABLISHED) return;
        connection.deliver(0, () -> {
            if (!disconnected) events.drained(connection);
        });
    }

    @Override
    public boolean close() {
        return disconnect(CloseCode.NORMAL, "");
    }

    /**
     * Messages that were read before this are handled: first, or, when that takes longer than {@code closeTimeout}, behind our close
     * frame.
     */
    @Override
    public void goAway() {
        connection.onLoop(() -> leave(
                shutdownCode,
                shutdownCode == CloseCode.SERVICE_RESTART ? "the server restarts" : "the server is going away"));
    }

    @Override
    public void retire(String why) {
        leave(CloseCode.GOING_AWAY, why);
    }

    @Override
    public void overRate(String why) {
        leaving = true;
        if (!closeReceived && lastWords == null) sayLast(() -> disconnect(CloseCode.POLICY_VIOLATION, why));
    }

    private void leave(int code, String why) {
        leaving = true;
        if (!closeReceived && lastWords == null)
            sayLast(() -> beginClosing(new Ending(code, why, Initiator.SERVER), ClosePayload.encode(code, why)));
    }

    /** Not one that would wait behind others: the peer takes its time, and its pong would be late. */
    @Override
    public void ping() {
        Outbound out = connection.outbound();
        if (closeSent || out.isClosed()) return;
        out.reserveAnyway(frameBytes(NO_PAYLOAD));
        write(Opcode.PING, NO_PAYLOAD);
    }

    @Override
    public void lost() {
        if (ending == null) ending = new Ending(CloseCode.ABNORMAL, "no sign of life", Initiator.SERVER);
        connection.abort();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        connection.received(in.readableBytes());
        read(in);
    }

    /** Reads bytes that are counted already, and releases them. */
    void read(ByteBuf in) {
        if (compressor == null) {
            readAll(in);
        } else if (unread == null) {
            readPortions(in);
        } else {
            unread.add(in);
        }
        if (unread == null && isLong()) connection.receiveStraight(this);
    }

    private void readAll(ByteBuf in) {
        connection.outbound().readBegins(in.readableBytes());
        LoopThread.readingBegins(this, connection.fd());
        try {
            reader.read(in, this);
        } catch (ProtocolViolation violation) {
            broken(violation);
        } finally {
            LoopThread.readingEnds();
            in.release();
        }
    }

    /** Reads what may become a thousand times as much until the application has enough to do, or others wait, and keeps the rest. */
    private void readPortions(ByteBuf in) {
        try {
            long begun = System.nanoTime();
            while (in.isReadable() && !connection.isBacklogged()) {
                if (System.nanoTime() - begun >= INFLATE_NANOS) {
                    connection.letOthersIn();
                    break;
                }
                readAll(in.readRetainedSlice(Math.min(in.readableBytes(), COMPRESSED_READ_BYTES)));
            }
            if (in.isReadable()) unread = new Unread(in);
        } finally {
            in.release();
        }
    }

    @Override
    public boolean hasUnread() {
        return unread != null;
    }

    @Override
    public void readUnread() {
        Unread before = Objects.requireNonNull(unread);
        unread = null;
        readPortions(before.bytes());
        connection.readEnds();
        if (before.isEnd()) endInput();
    }

    @Override
    public boolean isLong() {
        return reader.missingBytes() >= LONG_REST_BYTES;
    }

    @Override
    public ByteBuffer room() {
        return reader.room();
    }

    @Override
    public void filled(int bytes) {
        connection.received(bytes);
        try {
            reader.filled(bytes, this);
        } catch (ProtocolViolation violation) {
            broken(violation);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        connection.readEnds();
    }

    @Override
    public void message(Opcode opcode, byte[] payload) {
        if (leaving || status != WebSocketStatus.ESTABLISHED) return;
        if (!connection.messageReceived()) return;
        if (connection.deliversAtOnce()) {
            connection.traffic().dispatched();
            deliver(opcode, payload);
        } else {
            connection.deliver(payload.length, () -> deliver(opcode, payload));
        }
    }

    private void deliver(Opcode opcode, byte[] payload) {
        if (!disconnected) events.message(connection, opcode, payload);
    }

    @Override
    public void part(Opcode opcode, byte[] bytes, boolean last) {
        if (leaving || status != WebSocketStatus.ESTABLISHED) return;
        if (last && !connection.messageReceived()) return;
        connection.deliver(bytes.length, () -> {
            if (!disconnected) events.part(connection, opcode, bytes, last);
        });
    }

    /**
     * Answered here and now, however busy the application is. While a peer does not keep up only its latest ping is answered, as
     * soon as it has taken something (RFC 6455 §5.5.3).
     */
    @Override
    public void ping(byte[] payload) {
        if (!connection.controlReceived()) return;
        if (!closeSent) answerPing(payload);
        tell(Opcode.PING, payload);
    }

    private void answerPing(byte[] payload) {
        Outbound out = connection.outbound();
        if (!out.isWriting()) {
            // It is not the peer for whom waits what does.
            answerAnyway(payload);
        } else if (!out.isCongested() && out.reserveControl(frameBytes(payload))) {
            write(Opcode.PONG, payload);
        } else {
            out.whenWritten(() -> {
                if (!closeSent) answerAnyway(payload);
            });
        }
    }

    private void answerAnyway(byte[] payload) {
        connection.outbound().reserveAnyway(frameBytes(payload));
        write(Opcode.PONG, payload);
    }

    /** A sign of life; the bytes were counted when they came in. */
    @Override
    public void pong(byte[] payload) {
        if (connection.controlReceived()) tell(Opcode.PONG, payload);
    }

    private void tell(Opcode control, byte[] payload) {
        if (status != WebSocketStatus.ESTABLISHED || !events.hears(control)) return;
        connection.deliver(payload.length, () -> {
            if (!disconnected) events.control(connection, control, payload);
        });
    }

    @Override
    public void close(int code, String reason) {
        closeReceived = true;
        // Our own close frame is on its way to the loop: it was first, and answers this one.
        if (disconnected && !closeSent) return;
        if (ending == null) ending = new Ending(code, reason, Initiator.CLIENT);
        if (closeSent) {
            closeGently();
        } else {
            if (events.hears(Opcode.CLOSE)) {
                CloseEvent event = new CloseEvent(connection.fd(), code, reason, Initiator.CLIENT, false);
                connection.deliver(0, () -> events.closing(connection, event));
            }
            sayLast(() -> answerClose(code));
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        connection.told(event);
        if (event instanceof ChannelInputShutdownEvent) endInput();
    }

    /** Now, or behind what is not read yet. */
    private void endInput() {
        if (unread == null) {
            inputEnded();
        } else {
            unread.endsHere();
        }
    }

    /** The peer has no more to say and did not say goodbye: what it said is answered, then the connection ends. */
    private void inputEnded() {
        peerEnded = true;
        // Last words that wait already, such as the rule that was broken, are still said, and end the connection
        // themselves.
        if (closeReceived || lastWords != null) return;
        sayLast(() -> {
            status = WebSocketStatus.CLOSING;
            finished = true;
            connection.outbound().finish();
            closeGently();
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (deadline != null) deadline.cancel();
        reader.stop();
        if (compressor != null) compressor.close();
        if (unread != null) unread.release();
        unread = null;
        if (contextWatch != null) contextWatch.cancel();
        endSubscriptions();
        Ending known = ending != null ? ending : connection.wasCut() ? Ending.CUT : Ending.LOST;
        boolean clean = closeSent && closeReceived && !connection.outbound().isCutShort();
        CloseEvent event = new CloseEvent(connection.fd(), known.code, known.reason, known.initiator, clean);
        Ended ended = new Ended(event, "websocket", events.route(), SWITCHING_PROTOCOLS);
        connection.gone(ended, () -> events.closed(connection, event));
    }

    /** A reset or the like; the channel closes and {@link #channelInactive} tells. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=connection_failed cause=" + cause);
        ctx.close();
    }

    /**
     * Fails for a frame that no connection could be sent.
     *
     * @throws IllegalArgumentException naming the rule
     */
    public static void requireLegal(Opcode opcode, byte[] payload) {
        if (opcode.isControl()) requireShort(payload);
        if (opcode == Opcode.CLOSE) closePayload(payload);
    }

    private static void requireShort(byte[] payload) {
        if (payload.length > 125) {
            throw new IllegalArgumentException(
                    "a control frame holds at most 125 bytes (RFC 6455 §5.5), was " + payload.length);
        }
    }

    private SendResult pushControl(Opcode opcode, byte[] payload) {
        requireShort(payload);
        if (opcode == Opcode.CLOSE) return pushClose(payload);
        if (status != WebSocketStatus.ESTABLISHED || !fetchOnLoop()) return SendResult.CLOSED;
        return send(opcode, true, payload, false);
    }

    private static ClosePayload closePayload(byte[] payload) {
        try {
            return ClosePayload.parse(payload);
        } catch (ProtocolViolation illegal) {
            throw new IllegalArgumentException(illegal.getMessage(), illegal);
        }
    }

    private SendResult pushClose(byte[] payload) {
        ClosePayload close = closePayload(payload);
        boolean began = disconnect(new Ending(close.code(), close.reason(), Initiator.SERVER), payload.clone());
        return began ? SendResult.SENT : SendResult.CLOSED;
    }

    /**
     * On the loop, brings in what other threads have sent, so that what is sent now comes behind it. That may fail for one of theirs: first of
     * all, while nothing was reserved yet, and no frame made.
     *
     * @return false when nothing is sent any more
     */
    private boolean fetchOnLoop() {
        if (!connection.loop().inEventLoop()) return true;
        Outbound out = connection.outbound();
        out.fetch();
        return !closeSent && !out.isClosed();
    }

    private SendResult send(Opcode opcode, boolean fin, byte[] payload, boolean uncopied) {
        Piece piece = piece(opcode, fin);
        Outbound out = connection.outbound();
        int bytes = frameBytes(payload);
        if (isBehindUnfinished(piece)) {
            return connection.enqueueBehindUnfinished(frame(opcode, fin, payload), null, slow);
        }
        SendResult room = reserve(piece, bytes);
        if (!isTaken(room)) return room;
        if (connection.loop().inEventLoop()) {
            if (isWhole(piece) && out.isStraight()) {
                write(opcode, payload);
                return room;
            }
        } else if (piece == Piece.WHOLE && compressor == null && Outbound.mayJoin(bytes)) {
            out.join(bytes, into -> FrameWriter.write(into, opcode, true, payload));
            return room;
        }
        boolean inArray = uncopied && out.mayTakeArray(bytes);
        ByteBuf frame = out.make(bytes, () -> inArray ? arrayFrame(opcode, fin, payload) : frame(opcode, fin, payload));
        out.enqueue(frame, piece, null);
        return room;
    }

    private static ByteBuf arrayFrame(Opcode opcode, boolean fin, byte[] payload) {
        ByteBuf header = Unpooled.buffer(FrameWriter.headerBytes(payload.length, false));
        FrameWriter.writeHeader(header, opcode, fin, false, payload.length);
        return new ArrayFrame(header, payload);
    }

    private SendResult sendCompressed(
            Compressor compressor, Opcode opcode, boolean fin, byte[] payload, boolean uncopied) {
        if (!fin || !compressor.compressesAlone()) return send(marked(opcode, fin, payload), piece(opcode, fin), null);
        ByteBuf frame = compressor.compressAlone(opcode, payload);
        return frame == null ? send(opcode, true, payload, uncopied) : send(frame, Piece.WHOLE, null);
    }

    /** Sends a frame that is already written, which it takes. */
    private SendResult send(ByteBuf frame, Piece piece, @Nullable Object key) {
        Outbound out = connection.outbound();
        if (key != null) {
            SendResult inPlace = replace(out, key, frame);
            if (isTaken(inPlace)) {
                connection.slow("slow.conflate");
                return inPlace;
            }
        }
        if (isBehindUnfinished(piece)) return connection.enqueueBehindUnfinished(frame, key, slow);
        SendResult room = reserve(piece, frame);
        if (!isTaken(room)) return room;
        if (connection.loop().inEventLoop() && isWhole(piece) && out.isStraight(key)) {
            next(frame);
        } else {
            out.enqueue(frame, piece, key);
        }
        return room;
    }

    private static SendResult replace(Outbound out, Object key, ByteBuf frame) {
        try {
            return out.replace(key, frame);
        } catch (RuntimeException | Error cannotBeCompared) {
            frame.release();
            throw cannotBeCompared;
        }
    }

    private boolean isBehindUnfinished(Piece piece) {
        return piece == Piece.WHOLE && fragmented;
    }

    /** Room for a frame; a peer that does not make any may be closed for it. */
    private SendResult reserve(Piece piece, int bytes) {
        SendResult room = connection.reserve(piece, bytes, slow);
        if (room == SendResult.CLOSED) disconnectSlow();
        return room;
    }

    /** {@link #reserve(Piece, int)} for a frame that is released when there is none. */
    private SendResult reserve(Piece piece, ByteBuf frame) {
        SendResult room = SendResult.DROPPED;
        try {
            room = reserve(piece, frame.readableBytes());
        } finally {
            if (!isTaken(room)) frame.release();
        }
        return room;
    }

    private static boolean isWhole(Piece piece) {
        return piece == Piece.WHOLE || piece == Piece.CONTROL;
    }

    /** Writes a whole message or control frame whose bytes are reserved. */
    private void write(Opcode opcode, byte[] payload) {
        Outbound out = connection.outbound();
        if (payload.length < LONG_PAYLOAD_BYTES) {
            FrameWriter.write(out.room(frameBytes(payload)), opcode, true, payload);
        } else {
            int headerBytes = FrameWriter.headerBytes(payload.length, false);
            ByteBuf header = out.room(headerBytes, headerBytes + payload.length);
            FrameWriter.writeHeader(header, opcode, true, false, payload.length);
            out.write(payload);
        }
        if (!opcode.isControl()) connection.traffic().messagesSent(1);
    }

    /** Sends or drops a frame whose turn has come, or several that came together. */
    private void next(ByteBuf frame) {
        int first = frame.getByte(frame.readerIndex());
        if (closeSent || connection.outbound().isClosed()) {
            connection.outbound().discard(frame);
            return;
        }
        boolean compressed = compressor != null && compressor.takes(first);
        if (compressor != null) compressor.compressedElsewhere(first);
        int messages = (first & CONTROL_BIT) != 0 ? 0 : compressor == null ? frames(frame) : 1;
        connection.outbound().append(compressed ? compress(frame) : frame);
        connection.traffic().messagesSent(messages);
    }

    private static int frames(ByteBuf bytes) {
        int count = 0;
        int end = bytes.writerIndex();
        for (int at = bytes.readerIndex(); at < end; count++) {
            int length = bytes.getByte(at + 1) & 0x7F;
            if (length == 127) return count + 1; // by itself: only short ones come together
            at += length == 126 ? 4 + bytes.getUnsignedShort(at + 2) : 2 + length;
        }
        return count;
    }

    private ByteBuf compress(ByteBuf frame) {
        Compressor compressor = Objects.requireNonNull(this.compressor);
        int reserved = frame.readableBytes();
        ByteBuf compressed;
        try {
            compressed = compressor.compress(frame);
        } catch (RuntimeException | Error failed) {
            frame.release();
            connection.outbound().unreserve(reserved);
            connection.abort(); // what was sent before has the peer expect this one
            throw failed;
        }
        connection.outbound().unreserve(reserved - compressed.readableBytes());
        if (compressor.keepsContext() && contextWatch == null) watchContext(compressor);
        return compressed;
    }

    /** Looks from time to time whether the connection still needs what it compressed last. */
    private void watchContext(Compressor compressor) {
        long now = System.nanoTime();
        contextWatch = connection.in(CONTEXT_IDLE, () -> {
            contextWatch = null;
            if (!compressor.restartIfUnusedSince(now)) watchContext(compressor);
        });
    }

    private boolean disconnect(Ending why, byte[] payload) {
        if (!beginClosing(why, payload)) return false;
        disconnected = true;
        return true;
    }

    private boolean beginClosing(Ending why, byte[] payload) {
        if (!STATUS.compareAndSet(this, WebSocketStatus.ESTABLISHED, WebSocketStatus.CLOSING)) return false;
        // Also on the loop itself: what was published before this waits for its turn there.
        connection.later(() -> {
            if (ending == null) ending = why;
            sendClose(payload);
        });
        return true;
    }

    /** The close frame takes the place of what waits: who reads slowly would not get to it in time. */
    private void disconnectSlow() {
        if (!STATUS.compareAndSet(this, WebSocketStatus.ESTABLISHED, WebSocketStatus.CLOSING)) return;
        disconnected = true;
        connection.slow("slow.disconnect");
        connection.onLoop(() -> {
            if (ending == null) ending = Ending.SLOW;
            if (!closeSent) connection.outbound().finishNow();
            sendClose(ClosePayload.encode(Ending.SLOW.code, Ending.SLOW.reason));
        });
    }

    private void answerClose(int code) {
        status = WebSocketStatus.CLOSING;
        sendClose(ClosePayload.answer(code));
    }

    /** The peer broke a rule: it hears which, once the messages before that have been handled, and is not listened to again. */
    private void broken(ProtocolViolation violation) {
        int code = violation.closeCode();
        String reason = Objects.requireNonNull(violation.getMessage());
        LOG.log(
                DEBUG,
                () -> "fd=" + connection.fd() + " event=protocol_violation code=" + code + " rule=\"" + violation.rule()
                        + "\" reason=\"" + reason + '"');
        connection.counters().count((code == CloseCode.MESSAGE_TOO_BIG ? "limit." : "violation.") + violation.rule());
        if (ending == null) ending = new Ending(code, reason, Initiator.SERVER);
        sayLast(() -> {
            status = WebSocketStatus.CLOSING;
            sendClose(ClosePayload.encode(code, reason));
            closeGently();
        });
    }

    /** Sends our close frame behind everything pushed before it; once. */
    private void sendClose(byte[] payload) {
        Outbound out = connection.outbound();
        if (closeSent || out.isClosed()) return;
        limitClosing();
        out.finish();
        closeSent = true;
        connection.listenToTheEnd();
        out.reserveAnyway(frameBytes(payload));
        FrameWriter.write(out.room(frameBytes(payload)), Opcode.CLOSE, true, payload);
        if (closeReceived || peerEnded) {
            closeGently();
        } else {
            connection.hurry(closeTimeout);
        }
    }

    private void closeGently() {
        boolean bothDone = closeSent && closeReceived && closeTimeout.compareTo(HALF) > 0;
        connection.closeGently(closeTimeout, bothDone ? HALF : closeTimeout);
    }

    private void limitClosing() {
        if (deadline == null) limitClosing(closeTimeout);
    }

    private void limitClosing(Duration atMost) {
        deadline = connection.in(atMost, this::closingTookTooLong);
    }

    /** Says it behind the events that came before, or when they take too long; others that come meanwhile are said in its place. */
    private void sayLast(Runnable words) {
        limitClosing();
        lastWords = words;
        connection.afterEvents(() -> {
            if (words.equals(lastWords)) sayLast();
        });
    }

    private void sayLast() {
        Runnable words = Objects.requireNonNull(lastWords);
        lastWords = null;
        words.run();
    }

    /**
     * A handler that is still busy has had its time: the last words are said over its head. A silent peer is cut off, but not before it
     * has taken them, as long as it takes something.
     */
    private void closingTookTooLong() {
        deadline = null;
        if (lastWords != null) {
            limitClosing();
            sayLast();
            return;
        }
        boolean takes = connection.outbound().isUnderWay();
        Duration left = takes ? closeTimeout : closeTimeout.minus(connection.sinceTaken());
        if (left.isPositive()) {
            limitClosing(left);
        } else {
            connection.counters().count("limit.closeTimeout");
            connection.abort();
        }
    }

    private SendResult sendShared(SharedMessage message) {
        if (!fetchOnLoop()) return SendResult.CLOSED;
        return send(frame(message), Piece.WHOLE, message.key());
    }

    private ByteBuf frame(SharedMessage message) {
        if (compressor == null || !compressor.isWorthwhile(message.bytes())) return message.plain();
        return message.compressedFor(compressor);
    }

    private ByteBuf frame(Opcode opcode, boolean fin, byte[] payload) {
        ByteBuf frame = SendBuffers.allocate(frameBytes(payload));
        FrameWriter.write(frame, opcode, fin, payload);
        return frame;
    }

    private ByteBuf marked(Opcode opcode, boolean fin, byte[] payload) {
        ByteBuf frame = frame(opcode, fin, payload);
        int first = frame.readerIndex();
        return frame.setByte(first, frame.getByte(first) | Compressor.MARK);
    }

    private static int frameBytes(byte[] payload) {
        return frameBytes(payload.length);
    }

    /** Of a frame that an int cannot count as much as an int can, for which there is no room in any queue. */
    static int frameBytes(int payloadBytes) {
        return (int) Math.min(Integer.MAX_VALUE, FrameWriter.headerBytes(payloadBytes, false) + (long) payloadBytes);
    }

    private static boolean isTaken(SendResult result) {
        return result == SendResult.SENT || result == SendResult.QUEUED;
    }

    /** Why the connection ends, as whoever closed first put it. */
    private record Ending(int code, String reason, Initiator initiator) {
        /** The peer vanished without a close frame. */
        static final Ending LOST = new Ending(CloseCode.ABNORMAL, "", Initiator.CLIENT);
        /** The peer took nothing for so long that it was cut off. */
        static final Ending CUT = new Ending(CloseCode.ABNORMAL, "", Initiator.SERVER);
        /** The peer did not make room for what it was to get. */
        static final Ending SLOW =
                new Ending(CloseCode.TRY_AGAIN_LATER, "messages come faster than they are read", Initiator.SERVER);
    }
}
