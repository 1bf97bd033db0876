package dev.tidewire.server.internal.engine;

import dev.tidewire.server.internal.limits.AddressKey;
import dev.tidewire.server.options.ServerOptions;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannelConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An address where connections are accepted, and what is spoken on them.
 *
 * <p>Threads: any.
 */
public final class StreamListening extends Listening {
    private static final SocketAddress UNKNOWN = InetSocketAddress.createUnresolved("unknown", 0);

    private final Protocol protocol;
    private final BiConsumer<StreamListening, Channel> accepted;
    private final Counters counters;
    private final LifeLimits life;
    private final RateLimits rates;
    private final SendLimits sending;
    private @Nullable UnixSocketFile file;

    /** Changed under the monitor of the engine's {@link ConnectionTable}. */
    volatile int openConnections;

    /** @param accepted told of each connection, on its loop */
    StreamListening(
            ServerOptions options,
            Protocol protocol,
            Counters counters,
            BiConsumer<StreamListening, Channel> accepted) {
        super(options);
        this.protocol = protocol;
        this.counters = counters;
        life = LifeLimits.of(options);
        rates = RateLimits.of(options);
        sending = SendLimits.of(options);
        this.accepted = accepted;
    }

    /** What is spoken here. */
    Protocol protocol() {
        return protocol;
    }

    /** How long its connections may be silent, and last, unless a route has it otherwise. */
    LifeLimits life() {
        return life;
    }

    /** What its connections may send in a second. */
    RateLimits rates() {
        return rates;
    }

    /** What may wait to be sent on its connections. */
    SendLimits sending() {
        return sending;
    }

    /** What a connection with this other end is counted by: nothing for a proxy, who speaks for many. */
    long addressKey(SocketAddress peer) {
        return options().trustedProxies().trusts(peer) ? AddressKey.NONE : AddressKey.of(peer);
    }

    @Override
    void bind(EventLoopGroup loops, Sockets sockets) {
        if (UnixSocketFile.isNamedBy(options().host())) {
            bindFile(loops, sockets);
        } else if (InheritedSocket.isNamedBy(options().host())) {
            adopt(loops, sockets);
        } else {
            bindPort(loops, group -> port(group, sockets));
        }
    }

    @Override
    void stop() {
        closeSockets();
        if (file != null) file.remove();
    }

    /** The server's end of a connection that came in here. */
    SocketAddress localEnd(Channel connection) {
        return address() instanceof UnixDomainSocketAddress here ? here : connection.localAddress();
    }

    /** The peer's end; the clients of Unix domain sockets have no name. */
    SocketAddress peerEnd(Channel connection) {
        if (address() instanceof UnixDomainSocketAddress) return UnixDomainSocketAddress.of("");
        // One that has reset its connection already has none.
        return Objects.requireNonNullElse(connection.remoteAddress(), UNKNOWN);
    }

    private void bindFile(EventLoopGroup loops, Sockets sockets) {
        UnixSocketFile socket = UnixSocketFile.of(options());
        try {
            socket.prepare();
            start(acceptor(loops).channel(sockets.unixListener()).bind(sockets.unixAddress(socket.boundPath())));
            socket.publish();
        } catch (IOException e) {
            throw cannotListen(e);
        } finally {
            socket.tidy();
        }
        file = socket;
        bound(UnixDomainSocketAddress.of(socket.path()));
    }

    private void adopt(EventLoopGroup loops, Sockets sockets) {
        sockets.requireAdopting();
        try {
            InheritedSocket socket = InheritedSocket.named(options().host());
            ServerBootstrap acceptor = acceptor(loops).channelFactory(() -> sockets.adopt(socket));
            if (socket.address() instanceof InetSocketAddress) limitUnsent(acceptor, sockets);
            start(acceptor.register());
            bound(socket.address());
        } catch (IOException e) {
            throw cannotListen(e);
        }
    }

    /** TCP_NODELAY is on without a word: Netty does that. */
    private ServerBootstrap port(EventLoopGroup loops, Sockets sockets) {
        ServerBootstrap acceptor = acceptor(loops).channel(sockets.listener()).option(ChannelOption.SO_REUSEADDR, true);
        limitUnsent(acceptor, sockets);
        sockets.shareReceiveBuffers(acceptor); // not on Unix domain sockets: only TCP can have a peer slow down
        return options().reusePort() ? acceptor.option(sockets.reusePort(), true) : acceptor;
    }

    /** Has the kernel take no megabytes for a peer that does not read. */
    private void limitUnsent(ServerBootstrap acceptor, Sockets sockets) {
        int bytes = options().maxUnsentBytes();
        if (bytes > 0) sockets.limitUnsent(acceptor, bytes);
    }

    private ServerBootstrap acceptor(EventLoopGroup loops) {
        return new ServerBootstrap()
                .group(loops)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_BACKLOG, options().backlog())
                .handler(new AcceptFailures(counters))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        // A peer may end its half and still wait for answers.
                        if (channel.config() instanceof DuplexChannelConfig config) config.setAllowHalfClosure(true);
                        accepted.accept(StreamListening.this, channel);
                    }
                });
    }
}
