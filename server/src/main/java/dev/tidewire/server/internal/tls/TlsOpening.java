package dev.tidewire.server.internal.tls;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.connection.TlsInfo;
import dev.tidewire.server.internal.engine.Causes;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Ended;
import dev.tidewire.server.internal.engine.Opening;
import dev.tidewire.server.internal.engine.OwnBytes;
import dev.tidewire.server.internal.time.Deadline;
import dev.tidewire.server.options.ServerOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A connection until its TLS handshake is done, or has failed; the application does not see it before.
 *
 * <p>The first byte tells TLS from plain text, which is told in its own terms that it came to the wrong door.
 *
 * <p>Threads: the connection's loop; what {@link Opening} does, any.
 */
final class TlsOpening extends Opening {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    /** The first byte of a record that carries a handshake (RFC 8446 §5.1). */
    private static final byte HANDSHAKE_RECORD = 22;
    /** Ours to choose: a ClientHello is some 500 to 2,000 bytes, a resumed one with a client's certificates more. */
    private static final int MAX_CLIENT_HELLO_BYTES = 16 * 1024;

    private static final String PLAIN_HEAD = """
        HTTP/1.1 400 Bad Request\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Length: 45\r
        Connection: close\r
        \r
        """;
    private static final byte[] PLAIN_ANSWER =
            (PLAIN_HEAD + "this port speaks TLS, and this is plain HTTP\n").getBytes(StandardCharsets.US_ASCII);

    private final Tls tls;
    private final ServerOptions options;
    private final Deadline deadline;
    private Optional<String> serverName = Optional.empty();
    private boolean begun;
    private boolean over;

    private TlsOpening(Connection connection, Tls tls, ServerOptions options) {
        super(connection);
        this.tls = tls;
        this.options = options;
        deadline = connection.in(options.handshakeTimeout(), this::timedOut);
    }

    /** Begins on a connection that was just accepted. */
    static void begin(Connection connection, Tls tls, ServerOptions options) {
        OwnBytes.addTo(connection.channel()); // TLS keeps records that are not whole yet
        new TlsOpening(connection, tls, options).begin();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (begun || !bytes.isReadable()) {
            bytes.release();
            return;
        }
        begun = true;
        byte first = bytes.getByte(bytes.readerIndex());
        if (first == HANDSHAKE_RECORD) {
            ctx.pipeline().addBefore(ctx.name(), null, new Hello(tls.names(), connection));
            ctx.pipeline().fireChannelRead(bytes);
        } else {
            bytes.release();
            plainText(first);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        switch (event) {
            case SniCompletionEvent hello -> serverName = Optional.ofNullable(hello.hostname());
            case SslHandshakeCompletionEvent done when done.isSuccess() -> established(ctx);
            case SslHandshakeCompletionEvent done -> failed(HandshakeFailure.of(done.cause()), done.cause());
            case ChannelInputShutdownEvent ended -> {
                failed(HandshakeFailure.CLIENT_LEFT, null);
                connection.abort();
            }
            default -> {}
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        failed(HandshakeFailure.CLIENT_LEFT, null);
        var event = new CloseEvent(connection.fd(), CloseCode.TLS_HANDSHAKE, "", Initiator.CLIENT, false);
        connection.gone(Ended.of(event, "tls"), () -> {});
    }

    /** What the handshake failed of, told a second time; a reset or the like, the first time. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (over) return;
        failed(HandshakeFailure.of(cause), cause);
        ctx.close();
    }

    private void established(ChannelHandlerContext ctx) {
        if (over) return;
        over = true;
        deadline.cancel();
        connection.secured(agreed(ctx.pipeline().get(SslHandler.class)));
        ctx.pipeline().replace(this, null, new CloseNotify());
        tls.inside().beginOrEnd(connection);
    }

    private TlsInfo agreed(SslHandler handler) {
        SSLSession session = handler.engine().getSession();
        return new TlsInfo(
                session.getProtocol(),
                session.getCipherSuite(),
                serverName,
                Optional.ofNullable(handler.engine().getApplicationProtocol()).filter(agreed -> !agreed.isEmpty()),
                peerCertificates(session));
    }

    private static List<X509Certificate> peerCertificates(SSLSession session) {
        try {
            return Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException noneShown) {
            return List.of();
        }
    }

    /** Counts and logs, and has the alert that tells the peer why reach it: TLS itself would close behind it at once. */
    private void failed(HandshakeFailure reason, @Nullable Throwable cause) {
        if (over) return;
        over = true;
        deadline.cancel();
        connection.counters().count(reason.counter());
        LOG.log(
                DEBUG,
                () -> "fd=" + connection.fd() + " event=tls_handshake_failed reason=" + reason.label() + " cause=\""
                        + oneLine(cause) + '"');
        if (connection.channel().isActive()) {
            connection.channel().pipeline().addFirst(new GentleClose(connection, options.closeTimeout()));
        }
    }

    private void timedOut() {
        failed(HandshakeFailure.TIMEOUT, null);
        connection.abort();
    }

    private void plainText(byte first) {
        over = true;
        deadline.cancel();
        boolean tell = connection.counters().countAndTell("tls.plaintext");
        LOG.log(
                tell ? WARNING : DEBUG,
                () -> "fd=" + connection.fd() + " event=plaintext_on_tls_port peer=" + connection.remoteAddress()
                        + " hint=\"this port speaks TLS, and the client does not: it wants wss:// or https://\"");
        if (mayBeginRequest(first)) {
            connection.outbound().reserveAnyway(PLAIN_ANSWER.length);
            connection.outbound().room(PLAIN_ANSWER.length).writeBytes(PLAIN_ANSWER);
        }
        connection.closeGently(options.closeTimeout());
    }

    /** Methods in use are capital letters (RFC 9110 §9.1). */
    private static boolean mayBeginRequest(byte first) {
        return first >= 'A' && first <= 'Z';
    }

    /** What is at the bottom of it; what a peer sent may be in there, and must not begin a line of its own. */
    private static String oneLine(@Nullable Throwable cause) {
        if (cause == null) return "";
        return String.valueOf(Causes.root(cause).getMessage()).replaceAll("\\p{Cntrl}", " ");
    }

    /** Reads the ClientHello and puts TLS with the right certificate in its own place. */
    private static final class Hello extends SniHandler {
        private final Connection connection;

        Hello(ServerNames names, Connection connection) {
            super(names, MAX_CLIENT_HELLO_BYTES, 0);
            this.connection = connection;
        }

        /** The opening as a whole has a deadline; TLS needs none of its own. */
        @Override
        protected SslHandler newSslHandler(SslContext context, ByteBufAllocator allocator) {
            SslHandler handler = context instanceof JdkSslContext
                    ? new SslHandler(new GuardedEngine(context.newEngine(allocator), connection.counters()::count))
                    : super.newSslHandler(context, allocator);
            handler.setHandshakeTimeoutMillis(0);
            return handler;
        }
    }
}
