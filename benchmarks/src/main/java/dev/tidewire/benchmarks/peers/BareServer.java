package dev.tidewire.benchmarks.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The floor: the least that a WebSocket echo on Netty's io_uring can be. It checks nothing and knows no limit, and is no server
 * to put before anybody; what a real one costs beyond it is the price of its rules. One loop.
 */
final class BareServer extends ChannelInboundHandlerAdapter {
    private static final String KEY_HEADER = "sec-websocket-key: ";
    private static final String KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int KEY_BYTES = 24;
    private static final int FIN = 0x80;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    /** Who is on /broadcast. */
    private final Set<Channel> room;

    private @Nullable ByteBuf rest;
    private boolean open;
    private boolean inRoom;
    private boolean silent;

    private BareServer(Set<Channel> room) {
        this.room = room;
    }

    /** Serves on the port in the first argument. */
    static void main(String[] arguments) throws InterruptedException {
        Set<Channel> room = new LinkedHashSet<>();
        new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, IoUringIoHandler.newFactory()))
                .channel(IoUringServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new BareServer(room));
                    }
                })
                .bind("127.0.0.1", Integer.parseInt(arguments[0]))
                .sync();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = rest == null ? (ByteBuf) message : rest.writeBytes((ByteBuf) message);
        if (rest != null) ((ByteBuf) message).release();
        ByteBuf out = ctx.alloc().directBuffer(in.readableBytes());
        if (!open) shakeHands(ctx, in, out);
        while (open && readFrame(ctx, in, out)) {}
        ctx.write(out, ctx.voidPromise());
        keepRest(ctx, in);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        room.remove(ctx.channel());
        if (rest != null) rest.release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    private void keepRest(ChannelHandlerContext ctx, ByteBuf in) {
        if (rest != null && in.isReadable()) {
            in.discardReadBytes();
        } else {
            rest = in.isReadable() ? ctx.alloc().buffer(4 * in.readableBytes()).writeBytes(in) : null;
            in.release();
        }
    }

    /** Takes one whole frame; false when there is none. */
    private boolean readFrame(ChannelHandlerContext ctx, ByteBuf in, ByteBuf out) {
        int at = in.readerIndex();
        int readable = in.readableBytes();
        if (readable < 6) return false;
        int length = in.getByte(at + 1) & 0x7F;
        int header = length < 126 ? 6 : length == 126 ? 8 : 14;
        if (readable < header) return false;
        if (length == 126) length = in.getUnsignedShort(at + 2);
        if (length == 127) length = (int) in.getLong(at + 2);
        if (readable < header + length) return false;
        int first = in.getUnsignedByte(at);
        int key = in.getInt(at + header - 4);
        in.skipBytes(header);
        answer(ctx, first, in, key, length, out);
        return true;
    }

    private void answer(ChannelHandlerContext ctx, int first, ByteBuf in, int key, int length, ByteBuf out) {
        int opcode = first & 0x0F;
        if (opcode == CLOSE) {
            ByteBuf reply = frame(ctx.alloc().directBuffer(length + 10), first, in, key, length);
            ctx.writeAndFlush(reply).addListener(ChannelFutureListener.CLOSE);
        } else if (opcode == PING) {
            frame(out, FIN | PONG, in, key, length);
        } else if (silent) {
            in.skipBytes(length);
        } else if (inRoom) {
            ByteBuf shared = frame(ctx.alloc().directBuffer(length + 10), first, in, key, length);
            room.forEach(member -> member.writeAndFlush(shared.retainedDuplicate(), member.voidPromise()));
            shared.release();
        } else {
            frame(out, first, in, key, length);
        }
    }

    private static ByteBuf frame(ByteBuf out, int first, ByteBuf in, int key, int length) {
        out.ensureWritable(length + 10).writeByte(first);
        if (length < 126) {
            out.writeByte(length);
        } else if (length < 1 << 16) {
            out.writeByte(126).writeShort(length);
        } else {
            out.writeByte(127).writeLong(length);
        }
        unmask(out, in, key, length);
        return out;
    }

    private static void unmask(ByteBuf out, ByteBuf in, int key, int length) {
        long twice = ((long) key << 32) | (key & 0xFFFF_FFFFL);
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            out.writeLong(in.readLong() ^ twice);
        }
        for (; i < length; i++) {
            out.writeByte(in.readByte() ^ key >>> (24 - 8 * (i & 3)));
        }
    }

    private void shakeHands(ChannelHandlerContext ctx, ByteBuf in, ByteBuf out) {
        String head = in.toString(StandardCharsets.US_ASCII);
        int end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        in.skipBytes(end + 4);
        int key = head.toLowerCase(Locale.ROOT).indexOf(KEY_HEADER) + KEY_HEADER.length();
        String accept = accept(head.substring(key, key + KEY_BYTES));
        out.writeCharSequence(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                        + accept + "\r\n\r\n",
                StandardCharsets.US_ASCII);
        inRoom = head.startsWith("GET /broadcast ") && room.add(ctx.channel());
        silent = head.startsWith("GET /sink ");
        open = true;
    }

    private static String accept(String key) {
        try {
            byte[] text = (key + KEY_SUFFIX).getBytes(StandardCharsets.US_ASCII);
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }
}
