package dev.tidewire.server.internal.engine;

import dev.tidewire.server.options.Transport;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The socket types of one transport that works on this machine. */
enum Sockets {
    IO_URING(Transport.IO_URING) {
        @Override
        @Nullable
        Throwable unavailable() {
            // Read once, when Netty's io_uring classes load: its multishot polls miss resets (ADR-0003).
            if (System.getProperty(MULTISHOT_POLLS) == null) System.setProperty(MULTISHOT_POLLS, "false");
            return IoUring.unavailabilityCause();
        }

        @Override
        IoHandlerFactory ioHandler() {
            return IoUringIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> listener() {
            return IoUringServerSocketChannel.class;
        }

        @Override
        ChannelOption<Long> unsentLimit() {
            return IoUringChannelOption.TCP_NOTSENT_LOWAT;
        }
    },
    EPOLL(Transport.EPOLL) {
        @Override
        @Nullable
        Throwable unavailable() {
            return Epoll.unavailabilityCause();
        }

        @Override
        IoHandlerFactory ioHandler() {
            return EpollIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> listener() {
            return EpollServerSocketChannel.class;
        }

        @Override
        ChannelOption<Long> unsentLimit() {
            return EpollChannelOption.TCP_NOTSENT_LOWAT;
        }
    },
    KQUEUE(Transport.KQUEUE) {
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
    },
    NIO(Transport.NIO) {
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
    };

    private static final String MULTISHOT_POLLS = "io.netty.iouring.pollAddMultishotEnabled";

    private final Transport transport;

    Sockets(Transport transport) {
        this.transport = transport;
    }

    /** Why it does not work here, or null when it does. */
    abstract @Nullable Throwable unavailable();

    abstract IoHandlerFactory ioHandler();

    abstract Class<? extends ServerChannel> listener();

    /** The option for how many bytes the kernel may hold that it has not sent; null when there is none. */
    @Nullable
    ChannelOption<Long> unsentLimit() {
        return null;
    }

    Transport transport() {
        return transport;
    }

    /**
     * The sockets of the wanted transport; for {@code AUTO} the first in the order declared that works.
     *
     * @throws IllegalStateException when the wanted one does not work here
     */
    static Sockets of(Transport wanted) {
        for (Sockets sockets : values()) {
            if (wanted == Transport.AUTO ? sockets.unavailable() == null : sockets.transport == wanted) {
                return sockets.working();
            }
        }
        throw new IllegalStateException("no transport works here");
    }

    private Sockets working() {
        Throwable cause = unavailable();
        if (cause == null) return this;
        throw new IllegalStateException(
                "transport " + transport.name().toLowerCase(Locale.ROOT) + " does not work here: " + root(cause),
                cause);
    }

    /** Netty wraps the reason in errors that say nothing. */
    private static String root(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) root = root.getCause();
        return Objects.requireNonNullElse(root.getMessage(), root.toString());
    }
}
