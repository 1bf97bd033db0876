package dev.tidewire.server.internal.engine;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandlerConfig;

/**
 * Buffers into which io_uring puts what arrives on the connections of one event loop, one behind the other and unasked: a
 * connection that only receives asks the kernel for nothing (ADR-0025).
 *
 * <p>What a reader keeps of such a buffer keeps all of it from being used again, so only readers that keep nothing may have one.
 */
final class ReceiveRing {
    private static final short GROUP = 1;
    private static final short BUFFERS = 8;
    private static final int BUFFER_BYTES = 128 * 1024;

    private ReceiveRing() {}

    /** True where the kernel fills a buffer bit by bit, from Linux 6.12 on, and goes on receiving until it is told not to. */
    static boolean isSupported() {
        return IoUring.isRegisterBufferRingIncSupported() && IoUring.isRecvMultishotEnabled();
    }

    /** Gives each event loop a ring. */
    static void addTo(IoUringIoHandlerConfig config) {
        config.setBufferRingConfig(IoUringBufferRingConfig.builder()
                .bufferGroupId(GROUP)
                .bufferRingSize(BUFFERS)
                .batchSize(BUFFERS)
                .incremental(true)
                .allocator(new IoUringFixedBufferRingAllocator(BUFFER_BYTES))
                .build());
    }

    /** Has the connections that are accepted use the ring of their loop. */
    static void useFor(ServerBootstrap acceptor) {
        acceptor.childOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, GROUP);
    }
}
