package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tidewire.server.options.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDatagramChannel;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The socket types of one transport that works on this machine. */
enum Sockets {
    IO_URING(Transport.IO_URING, "Linux", INFO) {
        @Override
        @Nullable
        Throwable unavailable() {
            // Read once, when Netty's io_uring classes load: its multishot polls miss resets (ADR-0025).
            if (System.getProperty(MULTISHOT_POLLS) == null) System.setProperty(MULTISHOT_POLLS, "false");
            return IoUring.unavailabilityCause();
        }

        @Override
        IoHandlerFactory ioHandler() {
            IoUringIoHandlerConfig config = new IoUringIoHandlerConfig();
            if (ReceiveRing.isSupported()) ReceiveRing.addTo(config);
            return IoUringIoHandler.newFactory(config);
        }

        @Override
        void shareReceiveBuffers(ServerBootstrap acceptor) {
            if (ReceiveRing.isSupported()) ReceiveRing.useFor(acceptor);
        }

        @Override
        Class<? extends ServerChannel> listener() {
            return IoUringServerSocketChannel.class;
        }

        @Override
        void limitUnsent(ServerBootstrap acceptor, int bytes) {
            acceptor.option(UNSENT_LIMIT, bytes);
        }

        @Override
        Class<? extends ServerChannel> unixListener() {
            return IoUringServerDomainSocketChannel.class;
        }

        @Override
        Class<? extends Channel> datagrams() {
            return IoUringDatagramChannel.class;
        }
    },
    EPOLL(Transport.EPOLL, "Linux", WARNING) {
        @Override
        @Nullable
        Throwable unavailable() {
            return Epoll.unavailabilityCause();
        }

        @Override
        IoHandlerFactory ioHandler() {
            return EpollHandler.factory();
        }

        @Override
        Class<? extends ServerChannel> listener() {
            return EpollServerSocketChannel.class;
        }

        @Override
        void limitUnsent(ServerBootstrap acceptor, int bytes) {
            acceptor.option(UNSENT_LIMIT, bytes);
        }

        @Override
        Class<? extends ServerChannel> unixListener() {
            return EpollServerDomainSocketChannel.class;
        }

        @Override
        Class<? extends Channel> datagrams() {
            return EpollDatagramChannel.class;
        }

        @Override
        boolean adopts() {
            return true;
        }

        @Override
        ServerChannel adopt(InheritedSocket socket) {
            return socket.isUnix()
                    ? new EpollServerDomainSocketChannel(socket.descriptor())
                    : new EpollServerSocketChannel(socket.descriptor());
        }

        @Override
        boolean knowsHalfClosedUnixSockets() {
            return true;
        }
    },
    KQUEUE(Transport.KQUEUE, "Mac", WARNING) {
        @Override
        @Nullable
        Throwable unavailable() {
            return KQueue.unavailabilityCause();
        }

        @Override
        IoHandlerFactory ioHandler() {
            return KQueueIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> listener() {
            return KQueueServerSocketChannel.class;
        }

        @Override
        Class<? extends ServerChannel> unixListener() {
            return KQueueServerDomainSocketChannel.class;
        }

        @Override
        Class<? extends Channel> datagrams() {
            return KQueueDatagramChannel.class;
        }

        @Override
        boolean knowsHalfClosedUnixSockets() {
            return true;
        }
    },
    NIO(Transport.NIO, "", DEBUG) {
        @Override
        @Nullable
        Throwable unavailable() {
            return null;
        }

        @Override
        IoHandlerFactory ioHandler() {
            return NioIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> listener() {
            return NioServerSocketChannel.class;
        }

        @Override
        Class<? extends ServerChannel> unixListener() {
            return NioServerDomainSocketChannel.class;
        }

        @Override
        Class<? extends Channel> datagrams() {
            return NioDatagramChannel.class;
        }

        @Override
        SocketAddress unixAddress(Path path) {
            return UnixDomainSocketAddress.of(path);
        }

        @Override
        ChannelOption<Boolean> reusePort() {
            return NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT);
        }
    };

    /** Netty knows it for connections only. */
    private static final ChannelOption<Integer> UNSENT_LIMIT = new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", 6, 25);

    private static final String MULTISHOT_POLLS = "io.netty.iouring.pollAddMultishotEnabled";

    private static final Logger LOG = System.getLogger("dev.tidewire.server");

    private final Transport transport;
    private final String system;
    private final Level missed;

    /**
     * @param system how the names of the systems begin that have it
     * @param missed how it is logged that one of these has not: the next is as good, or much slower
     */
    Sockets(Transport transport, String system, Level missed) {
        this.transport = transport;
        this.system = system;
        this.missed = missed;
    }

    /** Why it does not work here, or null when it does. */
    abstract @Nullable Throwable unavailable();

    abstract IoHandlerFactory ioHandler();

    /** Has the accepted connections receive into buffers of their loop, if there are such. */
    void shareReceiveBuffers(ServerBootstrap acceptor) {}

    abstract Class<? extends ServerChannel> listener();

    /**
     * Has the kernel take no more than {@code bytes} of what it has not sent yet, for each connection that is accepted, where that can
     * be said. Linux gives them the options of the listening socket.
     */
    void limitUnsent(ServerBootstrap acceptor, int bytes) {}

    /** The type that listens on a Unix domain socket. */
    abstract Class<? extends ServerChannel> unixListener();

    abstract Class<? extends Channel> datagrams();

    /**
     * True when the peer of a Unix domain socket may end its half and still get answers, as with TCP. Netty's other channels take
     * that for the end of the connection.
     */
    boolean knowsHalfClosedUnixSockets() {
        return false;
    }

    /** True when it can go on with a listening socket that somebody else made. */
    boolean adopts() {
        return false;
    }

    /** A channel for a socket that is bound already; only where it {@link #adopts}. */
    ServerChannel adopt(InheritedSocket socket) {
        throw new UnsupportedOperationException(label());
    }

    /** Fails unless it {@link #adopts}. */
    void requireAdopting() {
        if (adopts()) return;
        throw new IllegalStateException("transport " + label() + " cannot take over a socket of systemd, epoll can");
    }

    /** A path as the transport's Unix domain sockets take it. */
    SocketAddress unixAddress(Path path) {
        return new DomainSocketAddress(path.toFile());
    }

    ChannelOption<Boolean> reusePort() {
        return UnixChannelOption.SO_REUSEPORT;
    }

    Transport transport() {
        return transport;
    }

    /**
     * The sockets of the wanted transport; for {@code AUTO} the first in the order declared that works, and of those that do
     * all that {@code needs} asks for, when there are such.
     *
     * @throws IllegalStateException when the wanted one does not work here
     */
    static Sockets of(Transport wanted, Predicate<Sockets> needs) {
        if (wanted != Transport.AUTO) return named(wanted).working();
        return firstWorking(needs).or(() -> firstWorking(_ -> true)).orElseThrow();
    }

    /** Whether one works is asked in turn: to answer, each loads a library. */
    private static Optional<Sockets> firstWorking(Predicate<Sockets> needs) {
        return Stream.of(values()).filter(needs).filter(Sockets::works).findFirst();
    }

    private boolean works() {
        Throwable cause = unavailable();
        if (cause != null && System.getProperty("os.name").startsWith(system)) {
            LOG.log(missed, () -> "event=transport_unavailable transport=" + label() + " cause=\"" + root(cause) + '"');
        }
        return cause == null;
    }

    private static Sockets named(Transport wanted) {
        return Stream.of(values())
                .filter(sockets -> sockets.transport == wanted)
                .findFirst()
                .orElseThrow();
    }

    private Sockets working() {
        Throwable cause = unavailable();
        if (cause == null) return this;
        throw new IllegalStateException("transport " + label() + " does not work here: " + root(cause), cause);
    }

    private String label() {
        return transport.name().toLowerCase(Locale.ROOT);
    }

    /** Netty wraps the reason in errors that say nothing. */
    private static String root(Throwable cause) {
        Throwable root = Causes.root(cause);
        return Objects.requireNonNullElse(root.getMessage(), root.toString()).replaceAll("\\s+", " ");
    }
}
