package dev.tidewire.server.internal.engine;

import dev.tidewire.server.options.ServerOptions;
import io.netty.bootstrap.AbstractBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

/**
 * One address that an engine listens on, with the options that hold there: one socket, or one for each loop.
 *
 * <p>Threads: any; {@link #bind}, {@link #open}, {@link #stop} and {@link #close} are called once and in this order.
 */
public abstract sealed class Listening permits StreamListening, DatagramListening {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final ServerOptions options;
    private final List<Channel> channels = new ArrayList<>();
    private volatile SocketAddress address = new InetSocketAddress(0);

    Listening(ServerOptions options) {
        this.options = options;
    }

    /** What holds for what comes in here. */
    public final ServerOptions options() {
        return options;
    }

    /** Where it listens, once it is bound. */
    public final SocketAddress address() {
        return address;
    }

    /**
     * Takes the address; whoever connects waits until {@link #open}.
     *
     * @throws UncheckedIOException naming host and port when they cannot be listened on
     * @throws IllegalStateException when the transport cannot listen there
     */
    abstract void bind(EventLoopGroup loops, Sockets sockets);

    /** From now on what comes in is taken. */
    void open() {
        channels.forEach(channel -> channel.config().setAutoRead(true));
    }

    /** From now on nothing is taken; what was goes on. */
    abstract void stop();

    /** Gives back what it still holds once it has stopped. */
    void close() {}

    /**
     * Waits until what came in here itself, and not on a connection, is handled; false when some is not after {@code nanos}.
     */
    boolean awaitHandled(long nanos) throws InterruptedException {
        return true;
    }

    /** The same for what is sent from here itself. */
    boolean awaitSent(long nanos) throws InterruptedException {
        return true;
    }

    /** Gives the address back. */
    final void closeSockets() {
        awaitEach(channels.stream().map(Channel::close).toList());
    }

    /** Waits for all loops, but not for ever for one that is held. */
    static void awaitEach(List<? extends Future<?>> ends) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        for (Future<?> end : ends) {
            end.awaitUninterruptibly(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    final void bound(SocketAddress address) {
        this.address = address;
    }

    final List<Channel> channels() {
        return channels;
    }

    /** Binds one socket, or one for each loop to the port that the first one gets. */
    final void bindPort(EventLoopGroup loops, Starter starter) {
        SocketAddress wanted = new InetSocketAddress(options.host(), options.port());
        if (options.reusePort()) {
            for (EventLoop loop : each(loops)) {
                start(starter.on(loop).bind(wanted));
                wanted = channels.getFirst().localAddress();
            }
        } else {
            start(starter.on(loops).bind(wanted));
        }
        bound(channels.getFirst().localAddress());
    }

    /** Waits for a socket that was told to listen. */
    final void start(ChannelFuture listening) {
        Throwable cause = listening.awaitUninterruptibly().cause();
        if (cause != null) throw cannotListen(cause);
        channels.add(listening.channel());
    }

    final UncheckedIOException cannotListen(Throwable cause) {
        String why = cause instanceof java.nio.channels.UnresolvedAddressException
                ? "the host name is unknown"
                : String.valueOf(cause.getMessage());
        return new UncheckedIOException(
                "cannot listen on " + where() + ": " + why,
                cause instanceof IOException io ? io : new IOException(cause));
    }

    private String where() {
        boolean named = UnixSocketFile.isNamedBy(options.host()) || InheritedSocket.isNamedBy(options.host());
        return named ? options.host() : options.host() + ":" + options.port();
    }

    private static List<EventLoop> each(EventLoopGroup loops) {
        return StreamSupport.stream(loops.spliterator(), false)
                .map(EventLoop.class::cast)
                .toList();
    }

    /** Prepares a socket on one loop, or on any of several. */
    interface Starter {
        AbstractBootstrap<?, ?> on(EventLoopGroup loops);
    }
}
