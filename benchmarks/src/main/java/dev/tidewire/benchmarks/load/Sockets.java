package dev.tidewire.benchmarks.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** The loops of the load generator and the kind of their sockets. */
public final class Sockets implements AutoCloseable {
    /** Each has ports of its own for connections that just ended and those to come. */
    private static final int SOURCES = 16;

    private static final int FIRST_SOURCE = 2;

    /** Who binds gets a port when it connects, for which one is free that another connection to elsewhere has. */
    private static final ChannelOption<Integer> PORT_WHEN_CONNECTED =
            new IntegerUnixChannelOption("IP_BIND_ADDRESS_NO_PORT", 0, 24);

    private final Kind kind;
    private final MultiThreadIoEventLoopGroup group;
    private final List<EventLoop> loops;
    private final AtomicInteger sources = new AtomicInteger();

    /** The system's ways to wait for many sockets. */
    public enum Kind {
        IO_URING(IoUringSocketChannel.class),
        EPOLL(EpollSocketChannel.class),
        NIO(NioSocketChannel.class);

        private final Class<? extends SocketChannel> channel;

        Kind(Class<? extends SocketChannel> channel) {
            this.channel = channel;
        }

        /** The best of them here. */
        public static Kind best() {
            if (Epoll.isAvailable()) return EPOLL;
            return IoUring.isAvailable() ? IO_URING : NIO;
        }

        /** The best of them here for connections that end soon: with epoll, each takes 26 calls of the system. */
        static Kind bestForShort() {
            return IoUring.isAvailable() ? IO_URING : best();
        }

        private IoHandlerFactory handler() {
            return switch (this) {
                case IO_URING -> IoUringIoHandler.newFactory();
                case EPOLL -> EpollIoHandler.newFactory();
                case NIO -> NioIoHandler.newFactory();
            };
        }
    }

    public Sockets(Kind kind, int threads) {
        this.kind = kind;
        this.group = new MultiThreadIoEventLoopGroup(threads, kind.handler());
        this.loops = IntStream.range(0, threads)
                .mapToObj(i -> group.next())
                .map(loop -> (EventLoop) loop)
                .toList();
    }

    List<EventLoop> loops() {
        return loops;
    }

    /** Netty sets TCP_NODELAY by itself. */
    Bootstrap bootstrap() {
        Bootstrap bootstrap = new Bootstrap().channel(kind.channel).disableResolver();
        return kind == Kind.NIO ? bootstrap : bootstrap.option(PORT_WHEN_CONNECTED, 1);
    }

    /** Where the next connection comes from: on loopback every address 127.x.x.x is ours. */
    InetSocketAddress nextSource() {
        return new InetSocketAddress(
                "127.0.0." + (FIRST_SOURCE + Math.floorMod(sources.getAndIncrement(), SOURCES)), 0);
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
