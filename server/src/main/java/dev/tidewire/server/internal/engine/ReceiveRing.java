package dev.tidewire.server.internal.engine;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringBufferRingExhaustedEvent;
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

    /**
     * More than twice the 32 receives that the kernel makes for a connection before it turns to others: only peers that outrun the loop
     * together empty the ring.
     */
    private static final short BUFFERS = 128;

    private static final int BUFFER_BYTES = 32 * 1024;

    private static final ChannelOption<Integer> WINDOW = new IntegerUnixChannelOption("TCP_WINDOW_CLAMP", 6, 10);
    /** In bytes; the kernel makes it about 2 KiB. */
    private static final int SMALLEST_WINDOW = 1;

    private static final int ANY_WINDOW = Integer.MAX_VALUE;

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

    /** True for a connection that receives into the ring of its loop. */
    static boolean isUsedBy(Channel channel) {
        Short group = channel.config().getOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID);
        return group != null && group == GROUP;
    }

    /** True for what Netty tells a connection for which the ring was empty, right before it asks the kernel to receive again. */
    static boolean wasEmptied(Object event) {
        return event instanceof IoUringBufferRingExhaustedEvent;
    }

    /**
     * Has the peer send less than empties the ring. As long as it does empty it, Netty asks to receive again, whether the connection is to
     * be read or not, and by the time the kernel could be told to stop the ring is empty again.
     */
    static void slowDown(Channel channel) {
        channel.config().setOption(WINDOW, SMALLEST_WINDOW);
    }

    /** Lets the peer send as fast as it can again. */
    static void release(Channel channel) {
        channel.config().setOption(WINDOW, ANY_WINDOW);
    }
}
