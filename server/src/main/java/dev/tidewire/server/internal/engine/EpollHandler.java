package dev.tidewire.server.internal.engine;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;

/**
 * Netty's epoll, but for two of its ways (ADR-0032). It takes a socket of which nothing is wanted for a moment away from the kernel, and never gives
 * it back: a peer that has ended its half would not be read again after a pause, nor written to after the socket was full. And told that a peer
 * has ended its half it reads all that this sent before, whether it is to be read or not; whoever reads comes to that end by himself.
 *
 * <p>Threads: its loop's.
 */
final class EpollHandler implements IoHandler {
    private final IoHandler epoll;

    private EpollHandler(IoHandler epoll) {
        this.epoll = epoll;
    }

    static IoHandlerFactory factory() {
        IoHandlerFactory epoll = EpollIoHandler.newFactory();
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor loop) {
                return new EpollHandler(epoll.newHandler(loop));
            }

            @Override
            public boolean isChangingThreadSupported() {
                return epoll.isChangingThreadSupported();
            }
        };
    }

    @Override
    public void initialize() {
        epoll.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return epoll.run(context);
    }

    @Override
    public void prepareToDestroy() {
        epoll.prepareToDestroy();
    }

    @Override
    public void destroy() {
        epoll.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return new Kept(epoll.register(handle));
    }

    @Override
    public void wakeup() {
        epoll.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return epoll.isCompatible(handleType);
    }

    /** A socket that epoll knows from its first wish to its end. */
    private record Kept(IoRegistration inEpoll) implements IoRegistration {
        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's
        public <T> T attachment() {
            return inEpoll.attachment();
        }

        @Override
        public long submit(IoOps ops) {
            return inEpoll.submit(kept((EpollIoOps) ops));
        }

        /** With the edge as its only wish it hears once of an error or a hang-up, of which the kernel tells unasked, and not for ever. */
        private static EpollIoOps kept(EpollIoOps ops) {
            EpollIoOps wanted = ops.without(EpollIoOps.EPOLLRDHUP);
            return wanted.equals(EpollIoOps.NONE) ? EpollIoOps.EPOLLET : wanted;
        }

        @Override
        public boolean isValid() {
            return inEpoll.isValid();
        }

        @Override
        public boolean cancel() {
            return inEpoll.cancel();
        }
    }
}
