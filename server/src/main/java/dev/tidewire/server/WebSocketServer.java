package dev.tidewire.server;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.protocol.Frames;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.UnpackedFrame;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.protocol.deflate.Zlib;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.Upgrade;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Conversation;
import dev.tidewire.server.internal.engine.Nanos;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.http.HttpConversation;
import dev.tidewire.server.internal.http.HttpEvents;
import dev.tidewire.server.internal.http.HttpProtocol;
import dev.tidewire.server.internal.http.PathPattern;
import dev.tidewire.server.internal.topics.Topics;
import dev.tidewire.server.internal.websocket.Compression;
import dev.tidewire.server.internal.websocket.Endpoint;
import dev.tidewire.server.internal.websocket.Endpoints;
import dev.tidewire.server.internal.websocket.SharedMessage;
import dev.tidewire.server.internal.websocket.WebSocketConversation;
import dev.tidewire.server.internal.websocket.WebSocketEvents;
import dev.tidewire.server.internal.websocket.WebSocketUpgrade;
import dev.tidewire.server.options.ListenerProtocol;
import dev.tidewire.server.options.ServerOptions;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket server (RFC 6455), which is also an HTTP server on the same port.
 *
 * <pre>{@code
 * var server = new WebSocketServer("127.0.0.1", 9502);
 * server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()));
 * server.start();
 * }</pre>
 *
 * <p>{@link #OPEN} returns before the first {@link #MESSAGE} of a connection starts, messages of one connection neither overlap
 * nor overtake each other, and {@link #CLOSE} comes last and once. Pings are answered by the server itself.
 */
public final class WebSocketServer extends HttpServer {
    /**
     * A client's handshake is in order and its origin allowed: the application accepts or rejects, now or later. Without a handler
     * the server accepts. OPEN follows an acceptance.
     */
    public static final Event<HandshakeHandler> HANDSHAKE = new Event<>("handshake", WebSocketServer.class);

    /** A client finished the handshake. */
    public static final Event<OpenHandler> OPEN = new Event<>("open", WebSocketServer.class);

    /** A whole message came in, never a fragment or a control frame; required, unless there is a handler of {@link #PART}. */
    public static final Event<MessageHandler> MESSAGE = new Event<>("message", WebSocketServer.class);

    /**
     * Some bytes of a message came in: for messages that are too long to hold. With a handler, messages are told in parts as
     * their bytes arrive, and {@link #MESSAGE} is not called; while the handler is busy and {@code maxPendingBytes} wait, the
     * socket is not read. The frame has the opcode of its message, and {@code fin} for the last part only, which may be empty.
     * Parts are cut as the network brought them, those of a text also inside a character.
     */
    public static final Event<MessageHandler> PART = new Event<>("part", WebSocketServer.class);

    /** A ping came in, and was answered; the frame has its payload. */
    public static final Event<MessageHandler> PING = new Event<>("ping", WebSocketServer.class);

    /** A pong came in; the frame has its payload. */
    public static final Event<MessageHandler> PONG = new Event<>("pong", WebSocketServer.class);

    /** A client's close frame came in; it is answered when the handler returns, and until then pushes still go out. */
    public static final Event<CloseHandler<WebSocketServer>> CLOSING = new Event<>("closing", WebSocketServer.class);

    /** A connection is gone that was never a WebSocket: a plain HTTP client, or one that said nothing. */
    public static final Event<ConnectHandler<WebSocketServer>> DISCONNECT =
            new Event<>("disconnect", WebSocketServer.class);

    /** {@link Server#CONNECT}, handled with the server as what it is. */
    public static final Event<ConnectHandler<WebSocketServer>> CONNECT = new Event<>("connect", WebSocketServer.class);

    /** A WebSocket connection is gone, and its fd will never be used again. */
    public static final Event<CloseHandler<WebSocketServer>> CLOSE = new Event<>("close", WebSocketServer.class);

    /** {@link Server#DRAIN}, handled with the server as what it is. */
    public static final Event<ConnectHandler<WebSocketServer>> DRAIN = new Event<>("drain", WebSocketServer.class);

    /** {@link Server#START}, handled with the server as what it is. */
    public static final Event<ServerHandler<WebSocketServer>> START = new Event<>("start", WebSocketServer.class);

    /** {@link Server#SHUTDOWN}, handled with the server as what it is. */
    public static final Event<ServerHandler<WebSocketServer>> SHUTDOWN = new Event<>("shutdown", WebSocketServer.class);

    /** {@link Server#TASK}, handled with the server as what it is. */
    public static final Event<TaskHandler<WebSocketServer>> TASK = new Event<>("task", WebSocketServer.class);

    /** {@link Server#FINISH}, handled with the server as what it is. */
    public static final Event<FinishHandler<WebSocketServer>> FINISH = new Event<>("finish", WebSocketServer.class);

    /** {@link Server#ERROR}, handled with the server as what it is. */
    public static final Event<ErrorHandler<WebSocketServer>> ERROR = new Event<>("error", WebSocketServer.class);

    private final Map<PathPattern, Route> routes = new ConcurrentHashMap<>();
    private final Topics<SharedMessage> topics;
    private final Map<DeflatePolicy, Compression> compressions = new ConcurrentHashMap<>();

    /** See {@link Server#Server(String, int)}. */
    public WebSocketServer(String host, int port) {
        this(ServerOptions.of(host, port));
    }

    /** A server with these options. */
    public WebSocketServer(ServerOptions options) {
        super(options);
        topics = new Topics<>(options.maxTopicsPerConnection(), options.maxTopicLength(), options.maxPublishedBytes());
    }

    @Override
    public <H> WebSocketServer on(Event<H> event, H handler) {
        super.on(event, handler);
        return this;
    }

    /** True while the handshake with this client is done and neither side is closing. */
    public boolean isEstablished(long fd) {
        WebSocketConversation conversation = webSocket(fd);
        return conversation != null && conversation.status() == WebSocketStatus.ESTABLISHED;
    }

    /** Sends a text message. Never blocks, and never throws for a peer's doing. */
    public SendResult push(long fd, String text) {
        return push(fd, text, Opcode.TEXT, true);
    }

    /** Sends a binary message; the bytes are copied before this returns. */
    public SendResult push(long fd, byte[] bytes) {
        return push(fd, bytes, Opcode.BINARY, true);
    }

    /**
     * Sends a frame on as it is, such as a message that came in, or what was {@link #unpack unpacked}; see
     * {@link #push(long, byte[], Opcode, boolean)}. A long payload need not be copied: who changes its bytes later may change what
     * is sent. Not the parts that {@link #PART} tells: each has the opcode of the message, and those behind the first are to be sent
     * as {@code CONTINUATION}.
     */
    public SendResult push(long fd, Frame frame) {
        return send(fd, frame.bytes(), frame.opcode(), frame.fin(), true);
    }

    /** Sends one frame whose payload is {@code text} in UTF-8; see {@link #push(long, byte[], Opcode, boolean)}. */
    public SendResult push(long fd, String text, Opcode opcode, boolean fin) {
        return send(fd, text.getBytes(StandardCharsets.UTF_8), opcode, fin, true);
    }

    /**
     * Sends one frame; the bytes are copied before this returns.
     *
     * <p>A message may be sent in fragments: a first frame with {@code fin} false, then {@code CONTINUATION} frames of which the
     * last has {@code fin} true. Whole messages that are pushed meanwhile wait for the last, in half of the queue, and are
     * {@code DROPPED} where that is full; pings do not wait. A fragment that was {@code DROPPED} may be pushed again. {@code CLOSE}
     * does what {@link #disconnect} does.
     *
     * <p>For a client that has not made room, the {@code slowConsumer} option says what becomes of the message or the connection; a
     * control frame is just {@code DROPPED}, and so is everything that could never fit into {@code maxQueuedBytes}.
     *
     * @param bytes UTF-8 if the message is text; at most 125 bytes for a control frame
     * @param fin true for the last or only frame of a message; control frames are always sent with it (RFC 6455 §5.5)
     * @throws IllegalArgumentException for a control frame over 125 bytes, or a close payload that may not be sent
     * @throws IllegalStateException for a continuation of nothing, or a first fragment before the last of another message
     */
    public SendResult push(long fd, byte[] bytes, Opcode opcode, boolean fin) {
        Objects.requireNonNull(bytes, "bytes");
        return send(fd, bytes, opcode, fin, false);
    }

    /** @param lasting true when nobody changes the bytes any more */
    private SendResult send(long fd, byte[] bytes, Opcode opcode, boolean fin, boolean lasting) {
        Objects.requireNonNull(opcode, "opcode");
        if (fin && reading(fd) instanceof WebSocketConversation here && here.answers(opcode, bytes))
            return SendResult.SENT;
        WebSocketConversation conversation = webSocket(fd);
        if (conversation == null) return gone(opcode, bytes);
        return lasting ? conversation.pushLasting(opcode, fin, bytes) : conversation.push(opcode, fin, bytes);
    }

    /**
     * {@link #push(long, String, Opcode, boolean)} with the opcode's number.
     *
     * @throws IllegalArgumentException for a number that is not 0, 1, 2, 8, 9 or 10
     */
    public SendResult push(long fd, String text, int opcode, boolean fin) {
        return push(fd, text, Opcode.of(opcode), fin);
    }

    /**
     * {@link #push(long, byte[], Opcode, boolean)} with the opcode's number.
     *
     * @throws IllegalArgumentException for a number that is not 0, 1, 2, 8, 9 or 10
     */
    public SendResult push(long fd, byte[] bytes, int opcode, boolean fin) {
        return push(fd, bytes, Opcode.of(opcode), fin);
    }

    /**
     * {@link #push(long, byte[], Opcode, boolean)} with the application's own choice whether to compress, in place of the server's by
     * length.
     *
     * @param compress whether the message that this frame begins is compressed, if that was agreed on with the client; of no
     *     effect on continuations and control frames
     */
    public SendResult push(long fd, byte[] bytes, Opcode opcode, boolean fin, boolean compress) {
        Objects.requireNonNull(bytes, "bytes");
        WebSocketConversation conversation = webSocket(fd);
        return conversation == null ? gone(opcode, bytes) : conversation.push(opcode, fin, bytes, compress);
    }

    /** What becomes of a frame for nobody: what is wrong for all is wrong for it, too. */
    private static SendResult gone(Opcode opcode, byte[] bytes) {
        WebSocketConversation.requireLegal(opcode, bytes);
        return SendResult.CLOSED;
    }

    /**
     * Sends a text message of which only the latest counts: it takes the place, and the turn, of one that was pushed with the same key
     * and still waits. If none waits it is pushed like any other. Such as a price, with its symbol as the key.
     *
     * @param key compared with {@code equals}, on this connection only; not to be changed while its message waits
     */
    public SendResult pushLatest(long fd, Object key, String text) {
        return pushLatest(fd, key, Opcode.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** {@link #pushLatest(long, Object, String)} of a binary message; the bytes are copied before this returns. */
    public SendResult pushLatest(long fd, Object key, byte[] bytes) {
        return pushLatest(fd, key, Opcode.BINARY, bytes);
    }

    private SendResult pushLatest(long fd, Object key, Opcode opcode, byte[] payload) {
        Objects.requireNonNull(key, "key");
        WebSocketConversation conversation = webSocket(fd);
        if (conversation == null) return SendResult.CLOSED;
        try (SharedMessage message = new SharedMessage(opcode, payload, key)) {
            return conversation.push(message);
        }
    }

    /** {@link #pushLatest(long, Object, String)} to many connections, written once for all; see {@link #broadcast}. */
    public int broadcastLatest(Iterable<Long> fds, Object key, String text) {
        return broadcastLatest(fds, key, Opcode.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** {@link #broadcastLatest(Iterable, Object, String)} of a binary message; the bytes are copied before this returns. */
    public int broadcastLatest(Iterable<Long> fds, Object key, byte[] bytes) {
        return broadcastLatest(fds, key, Opcode.BINARY, bytes);
    }

    private int broadcastLatest(Iterable<Long> fds, Object key, Opcode opcode, byte[] payload) {
        Objects.requireNonNull(key, "key");
        return broadcast(fds, new SharedMessage(opcode, payload, key));
    }

    /** Sends a text message as soon as there is room for it; see {@link #sendBlocking(long, byte[], Opcode, boolean, Duration)}. */
    public SendResult sendBlocking(long fd, String text, Duration atMost) throws InterruptedException {
        return sendBlocking(fd, text, Opcode.TEXT, true, atMost);
    }

    /** Sends a binary message as soon as there is room for it; see {@link #sendBlocking(long, byte[], Opcode, boolean, Duration)}. */
    @Override
    public SendResult sendBlocking(long fd, byte[] bytes, Duration atMost) throws InterruptedException {
        return sendBlocking(fd, bytes, Opcode.BINARY, true, atMost);
    }

    /** {@link #sendBlocking(long, byte[], Opcode, boolean, Duration)} of {@code text} in UTF-8. */
    public SendResult sendBlocking(long fd, String text, Opcode opcode, boolean fin, Duration atMost)
            throws InterruptedException {
        return sendBlocking(fd, text.getBytes(StandardCharsets.UTF_8), opcode, fin, atMost);
    }

    /**
     * Sends one frame as {@link #push(long, byte[], Opcode, boolean)} does, but waits for room, and returns when the frame has been put
     * into the connection's queue. Who waits is served in order; messages that others push meanwhile without waiting are
     * {@code DROPPED} rather than let past, but for whole ones that are to come behind a message of which this is a fragment. A control
     * frame does not wait.
     *
     * <p>For virtual threads and workers: an event loop must not wait.
     *
     * @param bytes not changed by the caller until this returns
     * @return {@code DROPPED} when there was no room for {@code atMost}, or the queue could never hold so much; {@code CLOSED} when
     *     closing began meanwhile
     * @throws InterruptedException when the thread was interrupted before there was room; nothing was sent
     * @throws IllegalStateException on an event loop, and as {@code push}
     * @throws IllegalArgumentException for a negative time, and as {@code push}
     */
    public SendResult sendBlocking(long fd, byte[] bytes, Opcode opcode, boolean fin, Duration atMost)
            throws InterruptedException {
        Objects.requireNonNull(bytes, "bytes");
        Objects.requireNonNull(opcode, "opcode");
        long atMostNanos = Nanos.of(atMost);
        requireMayWait();
        WebSocketConversation conversation = webSocket(fd);
        return conversation == null ? gone(opcode, bytes) : conversation.sendBlocking(opcode, fin, bytes, atMostNanos);
    }

    /**
     * Sends a text message to many connections, written once for all, and compressed once for each window they have agreed on. To learn what became of it at each, {@link #push} to each.
     *
     * @param fds such as {@link #connections}; those that are no open WebSockets are passed over
     * @return how many took it
     */
    public int broadcast(Iterable<Long> fds, String text) {
        return broadcast(fds, Opcode.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a binary message to many connections; see {@link #broadcast(Iterable, String)}. The bytes are copied before this returns. */
    public int broadcast(Iterable<Long> fds, byte[] bytes) {
        return broadcast(fds, Opcode.BINARY, bytes);
    }

    /**
     * Sends a message on to many connections; see {@link #broadcast(Iterable, String)}.
     *
     * @throws IllegalArgumentException for what is no whole message, {@code TEXT} or {@code BINARY}
     */
    public int broadcast(Iterable<Long> fds, Frame message) {
        return broadcast(fds, requireMessage(message).opcode(), message.bytes());
    }

    /** {@link #broadcast(Iterable, String)} to every open WebSocket whose fd the predicate accepts. */
    public int broadcast(LongPredicate fds, String text) {
        return broadcast(accepted(fds), text);
    }

    /** {@link #broadcast(Iterable, byte[])} to every open WebSocket whose fd the predicate accepts. */
    public int broadcast(LongPredicate fds, byte[] bytes) {
        return broadcast(accepted(fds), bytes);
    }

    /** {@link #broadcast(Iterable, Frame)} to every open WebSocket whose fd the predicate accepts. */
    public int broadcast(LongPredicate fds, Frame message) {
        return broadcast(accepted(fds), message);
    }

    private Iterable<Long> accepted(LongPredicate fds) {
        return () -> connections().stream()
                .filter(fd -> established(fd) != null && fds.test(fd))
                .iterator();
    }

    private int broadcast(Iterable<Long> fds, Opcode opcode, byte[] payload) {
        return broadcast(fds, new SharedMessage(opcode, payload));
    }

    private int broadcast(Iterable<Long> fds, SharedMessage shared) {
        int taken = 0;
        try (shared) {
            for (long fd : fds) {
                WebSocketConversation conversation = webSocket(fd);
                SendResult result = conversation == null ? SendResult.CLOSED : conversation.push(shared);
                if (result == SendResult.SENT || result == SendResult.QUEUED) taken++;
            }
        }
        return taken;
    }

    /**
     * Subscribes a WebSocket to a topic, or by a pattern to many: {@code +} stands for one level between slashes, {@code #} at the end for
     * all that follow ({@code scores/+/live}, {@code scores/#}). What is published after this returned reaches it. All its subscriptions end
     * with the connection. Of names that clients choose, refuse {@linkplain #isPattern patterns}.
     *
     * @return true when it is subscribed now, also if it was before; false when there is no such open WebSocket, or it is subscribed to
     *     {@code maxTopicsPerConnection} topics already
     * @throws IllegalArgumentException for an empty name, one over {@code maxTopicLength}, or a pattern that is malformed or has more than
     *     32 levels
     */
    public boolean subscribe(long fd, String topic) {
        countTooLong(topic);
        topics.requireFilter(topic);
        WebSocketConversation subscriber = established(fd);
        if (subscriber == null) return false;
        boolean subscribed = topics.subscribe(subscriber, topic);
        if (!subscribed && subscriber.isOpen()) count("limit.maxTopicsPerConnection");
        return subscribed;
    }

    /** True for a name with {@code +} or {@code #} in it, which is no topic: to subscribe by it may be to subscribe to all. */
    public static boolean isPattern(String topic) {
        return Topics.isPattern(topic);
    }

    /** Ends a subscription; what was published before this returned may still arrive. False when there was none. */
    public boolean unsubscribe(long fd, String topic) {
        WebSocketConversation subscriber = webSocket(fd);
        return subscriber != null && topics.unsubscribe(subscriber, topic);
    }

    /**
     * The topics and patterns this WebSocket is subscribed to; inside {@link #CLOSE} those it was subscribed to at its end, though nothing
     * reaches it any more. None for an fd that is gone.
     */
    public Set<String> topics(long fd) {
        Connection connection = find(fd); // which need not be open
        return connection != null && connection.conversation() instanceof WebSocketConversation subscriber
                ? topics.filters(subscriber)
                : Set.of();
    }

    /** How many WebSockets are subscribed by exactly this topic or pattern. */
    public int numSubscribers(String topic) {
        return topics.count(topic);
    }

    /**
     * Sends a text message to every subscriber of a topic. Each gets it once, however many of its patterns fit; what one thread publishes
     * to a topic arrives in that order. It is written once, compressed at most once for each window size in use, and handed to each event loop
     * once. A {@link #push} that comes after it may overtake it. Never blocks; at a subscriber that does not keep up it meets the same fate as a {@link #push}.
     *
     * @param topic without {@code +} and {@code #}
     * @return false when some subscribers will not get it, because {@code maxPublishedBytes} wait for their event loop already: it is
     *     published to faster than can be delivered
     * @throws IllegalArgumentException for an empty name, one over {@code maxTopicLength}, or a pattern
     */
    public boolean publish(String topic, String text) {
        return publish(null, topic, Opcode.TEXT, utf8(text));
    }

    /** {@link #publish(String, String)} with a binary message. The bytes are copied before this returns. */
    public boolean publish(String topic, byte[] bytes) {
        return publish(null, topic, Opcode.BINARY, bytes::clone);
    }

    /** {@link #publish(String, String)} to every subscriber but {@code fd}, such as who wrote it. */
    public boolean publish(long fd, String topic, String text) {
        return publish(webSocket(fd), topic, Opcode.TEXT, utf8(text));
    }

    /** {@link #publish(String, byte[])} to every subscriber but {@code fd}. */
    public boolean publish(long fd, String topic, byte[] bytes) {
        return publish(webSocket(fd), topic, Opcode.BINARY, bytes::clone);
    }

    /**
     * {@link #publish(String, String)} of a message that came in, as it is. It is not copied: who changes its bytes later may
     * change what is sent.
     *
     * @throws IllegalArgumentException for what is no whole message, {@code TEXT} or {@code BINARY}; and as {@link #publish(String, String)}
     */
    public boolean publish(String topic, Frame message) {
        return publish(null, topic, requireMessage(message).opcode(), message::bytes);
    }

    /** {@link #publish(String, Frame)} to every subscriber but {@code fd}. */
    public boolean publish(long fd, String topic, Frame message) {
        return publish(webSocket(fd), topic, requireMessage(message).opcode(), message::bytes);
    }

    /**
     * {@link #publish(String, byte[])} with the opcode of the message.
     *
     * @param bytes UTF-8 if the message is text
     * @throws IllegalArgumentException for another opcode than {@code TEXT} and {@code BINARY}
     */
    public boolean publish(String topic, byte[] bytes, Opcode opcode) {
        return publish(null, topic, requireMessage(opcode), bytes::clone);
    }

    /** {@link #publish(String, byte[], Opcode)} to every subscriber but {@code fd}. */
    public boolean publish(long fd, String topic, byte[] bytes, Opcode opcode) {
        return publish(webSocket(fd), topic, requireMessage(opcode), bytes::clone);
    }

    /**
     * {@link #publish(String, String)} of a message of which only the latest counts: at each subscriber it takes the place of one that was
     * published or pushed with the same key and still waits, as {@link #pushLatest} does. Such as a price, with its symbol as the key.
     */
    public boolean publishLatest(String topic, Object key, String text) {
        Objects.requireNonNull(key, "key");
        return publish(null, topic, Opcode.TEXT, utf8(text), key);
    }

    /** {@link #publishLatest(String, Object, String)} with a binary message. The bytes are copied before this returns. */
    public boolean publishLatest(String topic, Object key, byte[] bytes) {
        Objects.requireNonNull(key, "key");
        return publish(null, topic, Opcode.BINARY, bytes::clone, key);
    }

    /** The application may have let a peer choose the name. */
    private void countTooLong(String topic) {
        if (topic.length() > options().maxTopicLength()) count("limit.maxTopicLength");
    }

    private static Opcode requireMessage(Opcode opcode) {
        if (opcode == Opcode.TEXT || opcode == Opcode.BINARY) return opcode;
        throw new IllegalArgumentException("a message for many is TEXT or BINARY, was " + opcode);
    }

    private static Frame requireMessage(Frame frame) {
        requireMessage(frame.opcode());
        if (frame.fin()) return frame;
        throw new IllegalArgumentException("a message for many is whole, was " + frame);
    }

    private static Supplier<byte[]> utf8(String text) {
        Objects.requireNonNull(text, "text");
        return () -> text.getBytes(StandardCharsets.UTF_8);
    }

    private boolean publish(
            @Nullable WebSocketConversation except, String topic, Opcode opcode, Supplier<byte[]> payload) {
        return publish(except, topic, opcode, payload, null);
    }

    /** @param payload not asked for when nobody is subscribed; nobody changes what it gives */
    private boolean publish(
            @Nullable WebSocketConversation except,
            String topic,
            Opcode opcode,
            Supplier<byte[]> payload,
            @Nullable Object key) {
        countTooLong(topic);
        topics.requireTopic(topic);
        if (!topics.concerns(topic)) return true;
        boolean taken;
        try (SharedMessage message = new SharedMessage(opcode, payload.get(), key)) {
            taken = topics.publish(topic, message, except);
        }
        if (!taken) count("limit.maxPublishedBytes");
        return taken;
    }

    /**
     * Sends one message of any length as a stream: what is written leaves in fragments as it comes, and the message ends when the
     * stream is closed. Writing waits while the client does not make room, as {@link #sendBlocking} does; whole messages that are pushed meanwhile wait for the
     * end of the stream.
     *
     * <p>For virtual threads and workers: writing on an event loop is an {@link IllegalStateException}. The stream is for one thread
     * at a time. It throws an {@link java.io.IOException} when the connection is gone, and a {@link
     * java.net.SocketTimeoutException} when there was no room for {@code patience}; the message is then unfinished, and {@link
     * #disconnect} the way out.
     *
     * @param opcode {@code TEXT}, and then UTF-8 is to be written, or {@code BINARY}
     * @throws IllegalArgumentException for another opcode, and for a negative time
     */
    public OutputStream pushStream(long fd, Opcode opcode, Duration patience) {
        return new PushStream(webSocket(fd), opcode, patience);
    }

    /**
     * Sends a ping; the client's pong counts as a sign of life.
     *
     * @param payload at most 125 bytes
     * @throws IllegalArgumentException for a longer one
     */
    public SendResult ping(long fd, byte[] payload) {
        return push(fd, payload, Opcode.PING, true);
    }

    /** Sends a ping without payload. */
    public SendResult ping(long fd) {
        return ping(fd, new byte[0]);
    }

    /**
     * Begins the closing handshake behind everything pushed and published before, and waits, elsewhere, for the client's part of it for
     * {@code closeTimeout} at most, from when that was taken. Nothing can be pushed from now on.
     *
     * @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 §7.4)
     * @param reason at most 123 bytes of UTF-8
     * @return false when there is no such WebSocket, or it is closing already
     * @throws IllegalArgumentException for another code or a longer reason
     */
    public boolean disconnect(long fd, int code, String reason) {
        dev.tidewire.protocol.ClosePayload.encode(code, reason);
        WebSocketConversation conversation = webSocket(fd);
        return conversation != null && conversation.disconnect(code, reason);
    }

    /** Closes with code 1000 and no reason. */
    public boolean disconnect(long fd) {
        return disconnect(fd, CloseCode.NORMAL, "");
    }

    /** A text message as the bytes of one unmasked frame, as servers send it. */
    public static byte[] pack(String text) {
        return pack(text, Opcode.TEXT, true, false);
    }

    /** {@link #pack(byte[], Opcode, boolean, boolean)} of a text in UTF-8. */
    public static byte[] pack(String text, Opcode opcode, boolean fin, boolean mask) {
        return pack(text.getBytes(StandardCharsets.UTF_8), opcode, fin, mask);
    }

    /**
     * The bytes of one frame.
     *
     * @param payload stays as it is; at most 125 bytes for a control frame
     * @param fin true for the last or only frame of a message; control frames always have it
     * @param mask true to mask the payload with a random key, as clients must
     * @throws IllegalArgumentException for a control payload that may not be sent
     */
    public static byte[] pack(byte[] payload, Opcode opcode, boolean fin, boolean mask) {
        return Frames.pack(payload, opcode, fin, mask, MaskKeys.RANDOM);
    }

    /** {@link #pack(byte[], Opcode, boolean, boolean)} of a frame that came in, or was {@link #unpack unpacked}. */
    public static byte[] pack(Frame frame, boolean mask) {
        return pack(frame.bytes(), frame.opcode(), frame.fin(), mask);
    }

    /**
     * {@link #pack(byte[], Opcode, boolean, boolean)} with the opcode's number.
     *
     * @throws IllegalArgumentException for a number that is not 0, 1, 2, 8, 9 or 10
     */
    public static byte[] pack(byte[] payload, int opcode, boolean fin, boolean mask) {
        return pack(payload, Opcode.of(opcode), fin, mask);
    }

    /**
     * {@link #pack(String, Opcode, boolean, boolean)} with the opcode's number.
     *
     * @throws IllegalArgumentException for a number that is not 0, 1, 2, 8, 9 or 10
     */
    public static byte[] pack(String text, int opcode, boolean fin, boolean mask) {
        return pack(text, Opcode.of(opcode), fin, mask);
    }

    /**
     * The first frame in {@code bytes}, unmasked if it was masked; what follows it is ignored. The array stays as it is.
     *
     * @throws dev.tidewire.protocol.ProtocolViolation naming the rule when the bytes are not a whole, legal frame
     */
    public static Frame unpack(byte[] bytes) {
        UnpackedFrame frame = Frames.unpack(bytes);
        return new Frame(0, frame.opcode(), frame.fin(), frame.payload());
    }

    /**
     * Serves a path by handlers and limits of its own. Once there is a route, handshakes on a path that no route has get 404; what a
     * route does not set it has from the server.
     *
     * @param pattern such as {@code /chat/{room}}: {@code {name}} stands for one segment, {@code {name...}} at the end for all the
     *     rest; see {@link HttpRequest#pathParameter}. Of several that fit, the one with the more literal beginning serves.
     * @param setUp called at once
     * @throws IllegalArgumentException for a malformed pattern, or one that is there already
     * @throws IllegalStateException once the server was started
     */
    public WebSocketServer route(String pattern, Consumer<Route> setUp) {
        PathPattern path = PathPattern.of(pattern);
        requireNew("route " + pattern);
        Route route = new Route();
        if (routes.putIfAbsent(path, route) != null) {
            throw new IllegalArgumentException("there is a route " + pattern + " already");
        }
        setUp.accept(route);
        return this;
    }

    @Override
    ListenerProtocol protocol() {
        return ListenerProtocol.WEB_SOCKET;
    }

    @Override
    boolean speaks(ListenerProtocol protocol) {
        return protocol == ListenerProtocol.WEB_SOCKET || super.speaks(protocol);
    }

    @Override
    void requireHandlers(Listener listener) {
        if (listener.protocol() != ListenerProtocol.WEB_SOCKET) {
            super.requireHandlers(listener);
        } else if (isRouted(listener)) {
            routes.forEach((path, route) -> requireMessages(listener, path, route));
        } else if (handler(listener, PART) == null) {
            require(listener, MESSAGE);
        }
    }

    private void requireMessages(Listener listener, PathPattern path, Route route) {
        if (handler(listener, route, MESSAGE) == null && handler(listener, route, PART) == null) {
            throw new IllegalStateException("start() needs a handler of the event message for the route " + path);
        }
    }

    /** A listener that has messages of its own has them on every path. */
    private boolean isRouted(Listener listener) {
        return !routes.isEmpty() && !takesMessages(listener);
    }

    @Override
    Protocol protocol(Listener listener) {
        if (listener.protocol() != ListenerProtocol.WEB_SOCKET) return super.protocol(listener);
        var disconnect = handler(listener, DISCONNECT);
        HttpEvents http = new HttpServer.Upcalls(
                listener,
                DISCONNECT,
                disconnect == null ? null : (server, event) -> disconnect.handle(this, event.fd()));
        var upgrade = new WebSocketUpgrade(endpoints(listener));
        Protocol webSocket =
                new HttpProtocol(connection -> HttpConversation.begin(connection, listener.options(), http, upgrade));
        return secured(listener, webSocket, APPLICATION_PROTOCOLS);
    }

    @Override
    int maxMessageBytes(Listener listener) {
        int most = super.maxMessageBytes(listener);
        if (listener.protocol() != ListenerProtocol.WEB_SOCKET || !isRouted(listener)) return most;
        for (Route route : routes.values()) {
            most = Math.max(most, route.maxMessageBytes(listener.options()));
        }
        return most;
    }

    @Override
    void ended() {
        compressions.values().forEach(Compression::close);
    }

    private Endpoints endpoints(Listener listener) {
        if (!isRouted(listener)) return Endpoints.everywhere(endpoint(listener, "*", new Route()));
        Map<PathPattern, Endpoint> byPath = new HashMap<>();
        routes.forEach((path, route) -> byPath.put(path, endpoint(listener, path.toString(), route)));
        return Endpoints.routed(byPath);
    }

    private Endpoint endpoint(Listener listener, String path, Route route) {
        Compression compression = compression(route.compression(listener.options()));
        return route.endpoint(new Upcalls(listener, path, route), topics, compression, listener.options());
    }

    private Compression compression(DeflatePolicy policy) {
        if (!policy.allowed()) return Compression.OFF;
        return compressions.computeIfAbsent(policy, allowed -> new Compression(allowed, Zlib.find()));
    }

    private <H> @Nullable H handler(Listener listener, Route route, Event<H> event) {
        H own = route.handler(event);
        return own == null ? handler(listener, event) : own;
    }

    /** The MESSAGE of a route or listener is not overridden by the PART of what it falls back to. */
    private @Nullable MessageHandler parts(Listener listener, Route route) {
        if (route.handler(MESSAGE) != null || route.handler(PART) != null) return route.handler(PART);
        return takesMessages(listener) ? listener.handler(PART) : handler(PART);
    }

    private static boolean takesMessages(Listener listener) {
        return listener.handler(MESSAGE) != null || listener.handler(PART) != null;
    }

    @Override
    void failed(Connection connection) {
        if (connection.conversation() instanceof WebSocketConversation conversation) {
            conversation.disconnect(CloseCode.INTERNAL_ERROR, "");
        } else {
            super.failed(connection);
        }
    }

    private @Nullable WebSocketConversation webSocket(long fd) {
        Conversation conversation = conversation(fd);
        return conversation instanceof WebSocketConversation webSocket ? webSocket : null;
    }

    private @Nullable WebSocketConversation established(long fd) {
        WebSocketConversation conversation = webSocket(fd);
        return conversation != null && conversation.isOpen() ? conversation : null;
    }

    /** Brings what happens on WebSocket connections to the application's handlers. */
    private final class Upcalls implements WebSocketEvents {
        private final String path;
        private final @Nullable HandshakeHandler handshake;
        private final @Nullable OpenHandler open;
        private final @Nullable MessageHandler message;
        private final @Nullable MessageHandler part;
        private final @Nullable MessageHandler ping;
        private final @Nullable MessageHandler pong;
        private final @Nullable CloseHandler<WebSocketServer> closing;
        private final @Nullable ConnectHandler<WebSocketServer> drain;
        private final @Nullable CloseHandler<WebSocketServer> close;

        Upcalls(Listener listener, String path, Route route) {
            this.path = path;
            handshake = handler(listener, route, HANDSHAKE);
            open = handler(listener, route, OPEN);
            message = handler(listener, route, MESSAGE);
            part = parts(listener, route);
            ping = handler(listener, route, PING);
            pong = handler(listener, route, PONG);
            closing = handler(listener, route, CLOSING);
            drain = handler(listener, route, DRAIN);
            close = handler(listener, route, CLOSE);
        }

        @Override
        public String route() {
            return path;
        }

        @Override
        public boolean decidesHandshakes() {
            return handshake != null;
        }

        @Override
        public boolean handshake(Connection connection, HttpRequest request, Upgrade upgrade) {
            HandshakeHandler handler = Objects.requireNonNull(handshake);
            return run(connection, HANDSHAKE, path, () -> handler.handle(request, upgrade));
        }

        @Override
        public void opened(Connection connection, HttpRequest request) {
            if (open != null) run(connection, OPEN, path, () -> open.handle(WebSocketServer.this, request));
        }

        @Override
        public void message(Connection connection, Opcode opcode, byte[] payload) {
            tell(connection, MESSAGE, message, new Frame(connection.fd(), opcode, true, payload));
        }

        @Override
        public boolean takesParts() {
            return part != null;
        }

        @Override
        public void part(Connection connection, Opcode opcode, byte[] bytes, boolean last) {
            tell(connection, PART, part, new Frame(connection.fd(), opcode, last, bytes));
        }

        @Override
        public boolean hears(Opcode control) {
            return (control == Opcode.CLOSE ? closing : control == Opcode.PING ? ping : pong) != null;
        }

        @Override
        public void control(Connection connection, Opcode opcode, byte[] payload) {
            boolean isPing = opcode == Opcode.PING;
            Frame frame = new Frame(connection.fd(), opcode, true, payload);
            tell(connection, isPing ? PING : PONG, isPing ? ping : pong, frame);
        }

        private void tell(Connection connection, Event<?> event, @Nullable MessageHandler handler, Frame frame) {
            MessageHandler present = Objects.requireNonNull(handler);
            survives(connection, calls.call(event, path, present, WebSocketServer.this, frame));
        }

        @Override
        public void closing(Connection connection, CloseEvent event) {
            if (closing != null) run(connection, CLOSING, path, () -> closing.handle(WebSocketServer.this, event));
        }

        @Override
        public boolean hearsDrain() {
            return drain != null;
        }

        @Override
        public void drained(Connection connection) {
            if (drain != null) run(connection, DRAIN, path, () -> drain.handle(WebSocketServer.this, connection.fd()));
        }

        @Override
        public void closed(Connection connection, CloseEvent event) {
            if (close != null) run(connection, CLOSE, path, () -> close.handle(WebSocketServer.this, event));
        }
    }

    /** A server alone, which masks nothing, does without. */
    private static final class MaskKeys {
        /** What a peer's application must not be able to foresee (RFC 6455 §10.3). */
        static final SecureRandom RANDOM = new SecureRandom();
    }
}
