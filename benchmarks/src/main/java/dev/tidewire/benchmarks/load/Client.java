package dev.tidewire.benchmarks.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One connection: shakes hands, sends units of its exchange and counts their replies. Confined to its loop. */
final class Client extends ChannelInboundHandlerAdapter implements Replies.Control {
    private static final int LONGEST_HEAD_BYTES = 16 << 10;
    private static final int NO_CODE = 1005;
    private static final int NORMAL = 1000;
    private static final int MASK_KEY = 0x5AC31799;

    private final Worker worker;
    private final Exchange exchange;
    private final Replies replies;
    /** When each unit was due that has no reply yet, by its number modulo the length. */
    private long[] due = {};

    private final int mostInFlight;

    private final long createdNanos = System.nanoTime();
    private @Nullable ChannelHandlerContext context;
    private @Nullable StringBuilder head = new StringBuilder();
    private boolean closing;
    private boolean failed;
    private long sent;
    private long received;
    private int repliedInThisRead;

    /** @param mostInFlight the most units without a reply there will ever be, a power of two */
    Client(Worker worker, Exchange exchange, int mostInFlight) {
        this.worker = worker;
        this.exchange = exchange;
        this.replies = exchange.reader(this);
        this.mostInFlight = mostInFlight;
    }

    Channel channel() {
        return context().channel();
    }

    /** When it started to connect. */
    long createdNanos() {
        return createdNanos;
    }

    long inFlight() {
        return sent - received;
    }

    long received() {
        return received;
    }

    boolean isOpen() {
        return context != null && head == null && !closing && context.channel().isActive();
    }

    /** Sends units and flushes; {@code dueNanos} is when they should have been sent. */
    void send(int units, long dueNanos) {
        if (due.length == 0) due = new long[mostInFlight]; // most subscribers never send
        ChannelHandlerContext ctx = context();
        int left = units;
        while (left > 0) {
            int next = Math.min(left, exchange.units());
            ctx.write(exchange.frames(sent, next), ctx.voidPromise());
            for (int i = 0; i < next; i++) {
                due[(int) (sent++ & due.length - 1)] = dueNanos;
            }
            left -= next;
        }
        ctx.flush();
    }

    /** Starts the closing handshake. */
    void close() {
        closing = true;
        sendControl(Wire.CLOSE, new byte[] {(byte) (NORMAL >> 8), (byte) NORMAL});
    }

    /** Goes without a word. */
    void drop() {
        closing = true;
        channel().close();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        if (!worker.target().tls()) shakeHands(ctx);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (Secure.isDone(event)) shakeHands(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (head != null) readHead(head, in);
            if (in.isReadable() && !failed) readReplies(in);
        } catch (Replies.WrongReply e) {
            fail(String.valueOf(e.getMessage()));
        } finally {
            ReferenceCountUtil.release(in);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (repliedInThisRead == 0) return;
        int units = repliedInThisRead;
        repliedInThisRead = 0;
        if (!failed && !closing) worker.turn(this, units);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!closing) fail("the server ended the connection");
        worker.closed(this, failed);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        replies.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!closing) fail(cause.toString());
        ctx.close();
    }

    @Override
    public void control(int opcode, byte[] payload) {
        if (opcode == Wire.PING) {
            sendControl(Wire.PONG, payload);
        } else if (opcode == Wire.CLOSE) {
            int code = payload.length < 2 ? NO_CODE : ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
            if (!closing || (code != NORMAL && code != NO_CODE))
                throw new Replies.WrongReply("the server closed with " + code);
        }
    }

    private void shakeHands(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(worker.request(), ctx.voidPromise());
    }

    private void readHead(StringBuilder soFar, ByteBuf in) {
        while (in.isReadable() && !endsWithEmptyLine(soFar)) {
            soFar.append((char) in.readUnsignedByte());
        }
        if (!endsWithEmptyLine(soFar)) {
            if (soFar.length() > LONGEST_HEAD_BYTES) throw new Replies.WrongReply("the handshake does not end");
            return;
        }
        checkHead(soFar.toString());
        head = null;
        worker.opened(this);
    }

    private static boolean endsWithEmptyLine(StringBuilder head) {
        int length = head.length();
        return length >= 4
                && head.charAt(length - 1) == '\n'
                && head.charAt(length - 2) == '\r'
                && head.charAt(length - 3) == '\n';
    }

    private void checkHead(String response) {
        if (!response.startsWith("HTTP/1.1 101 ")) {
            throw new Replies.WrongReply(
                    "refused: " + response.lines().findFirst().orElse(""));
        }
        if (!response.contains(worker.accept())) throw new Replies.WrongReply("the handshake has a wrong accept value");
        boolean agreed = response.toLowerCase(Locale.ROOT).contains("permessage-deflate");
        if (agreed != exchange.deflated()) {
            throw new Replies.WrongReply(agreed ? "compression was not asked for" : "compression was refused");
        }
    }

    private void readReplies(ByteBuf in) {
        worker.read(in.readableBytes());
        int units = replies.read(in);
        if (units == 0) return;
        if (received + units > sent && !worker.othersMaySend()) throw new Replies.WrongReply("a reply to nothing");
        long now = System.nanoTime();
        worker.received(this, received, units, now);
        received += units;
        repliedInThisRead += units;
    }

    /** Counts the time from when each was due. Most that come together were sent together. */
    void recordLatency(Tally tally, long first, int units, long now) {
        int i = 0;
        while (i < units) {
            long since = due[(int) (first + i & due.length - 1)];
            int same = 1;
            while (i + same < units && due[(int) (first + i + same & due.length - 1)] == since) {
                same++;
            }
            tally.record(now - since, same);
            i += same;
        }
    }

    private void sendControl(int opcode, byte[] payload) {
        ByteBuf frame = Unpooled.buffer(payload.length + 6);
        Wire.writeMasked(frame, Wire.FIN | opcode, payload, MASK_KEY);
        ChannelHandlerContext ctx = context();
        ctx.writeAndFlush(frame, ctx.voidPromise());
    }

    private void fail(String why) {
        if (failed) return;
        failed = true;
        worker.failed(why);
        channel().close();
    }

    private ChannelHandlerContext context() {
        if (context == null) throw new IllegalStateException("not connected");
        return context;
    }
}
