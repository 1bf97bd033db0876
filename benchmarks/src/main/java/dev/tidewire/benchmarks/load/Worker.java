package dev.tidewire.benchmarks.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The clients of one loop, and what they do there; a subclass for each kind of load. Confined to that loop but where said
 * otherwise.
 */
abstract class Worker {
    /** So many connections of one loop are on their way at a time, unless a load is about just that. */
    private static final int MOST_OPENING = 64;

    protected final Tally tally = new Tally();
    protected final List<Client> clients = new ArrayList<>();
    protected boolean running;

    private final Sockets sockets;
    private final EventLoop loop;
    private final Target target;
    private final Exchange exchange;
    private final int mostInFlight;
    private final ByteBuf request;
    private final String accept = Target.accept();
    private final Bootstrap bootstrap;
    private final AtomicReference<@Nullable String> failure;

    /** True when whatever still opens is of no use. */
    private boolean dropping;

    private int toOpen;
    private int opening;
    private int live;
    private CompletableFuture<@Nullable Void> opened = CompletableFuture.completedFuture(null);
    private CompletableFuture<@Nullable Void> emptied = CompletableFuture.completedFuture(null);

    /** What all workers of a run have in common. */
    record Setting(Sockets sockets, Target target, Exchange exchange, AtomicReference<@Nullable String> failure) {}

    Worker(Setting setting, EventLoop loop, int mostInFlight) {
        this.sockets = setting.sockets;
        this.loop = loop;
        this.target = setting.target;
        this.exchange = setting.exchange;
        this.failure = setting.failure;
        this.mostInFlight = Integer.highestOneBit(Math.max(1, mostInFlight - 1)) << (mostInFlight > 1 ? 1 : 0);
        this.request = Unpooled.directBuffer().writeBytes(target.request());
        this.bootstrap = bootstrap(target.tls() ? Secure.context() : null);
    }

    private Bootstrap bootstrap(@Nullable SslContext tls) {
        return sockets.bootstrap()
                .group(loop)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1 << 30, 1 << 30))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        channel.pipeline().addLast(new Client(Worker.this, exchange, mostInFlight));
                    }
                });
    }

    EventLoop loop() {
        return loop;
    }

    Target target() {
        return target;
    }

    Exchange exchange() {
        return exchange;
    }

    ByteBuf request() {
        return request.retainedDuplicate();
    }

    String accept() {
        return accept;
    }

    /** Opens that many connections more; ends when they are open. */
    CompletableFuture<@Nullable Void> open(int count) {
        toOpen += count;
        opened = new CompletableFuture<>();
        openMore();
        return opened;
    }

    /** Opens a connection, as soon as there is room for one on its way. */
    protected final void openOne() {
        toOpen++;
        openMore();
    }

    private void openMore() {
        while (toOpen > 0 && opening < mostOpening()) {
            toOpen--;
            opening++;
            live++;
            ChannelFuture connecting = bootstrap.connect(target.address(), sockets.nextSource());
            connecting.addListener((ChannelFutureListener) this::connected);
        }
        if (toOpen == 0 && opening == 0) opened.complete(null);
    }

    /** How many connections may be on their way at a time. */
    int mostOpening() {
        return MOST_OPENING;
    }

    private void connected(ChannelFuture connecting) {
        if (connecting.isSuccess()) return;
        failed("cannot connect: " + connecting.cause());
        opening--;
        ended();
        openMore();
    }

    /** A handshake is done. */
    void opened(Client client) {
        opening--;
        clients.add(client);
        if (dropping) {
            client.drop();
        } else {
            ready(client);
        }
        openMore();
    }

    /** A connection has ended, expected or not. */
    void closed(Client client, boolean failed) {
        if (!clients.remove(client)) opening--;
        ended();
        if (!failed) gone(client);
        openMore();
    }

    private void ended() {
        live--;
        if (live == 0) emptied.complete(null);
    }

    /** Something went wrong; the first such sentence is kept. Any thread may say so. */
    void failed(String why) {
        failure.compareAndSet(null, why);
    }

    /** True when messages come that the receiving client did not send. */
    boolean othersMaySend() {
        return false;
    }

    /** Starts to do what the load is. */
    void start() {
        running = true;
    }

    /** Starts nothing new. */
    void stop() {
        running = false;
    }

    /** Ends all connections without a word; ends itself when they are gone. */
    CompletableFuture<@Nullable Void> dropAll() {
        running = false;
        dropping = true;
        toOpen = 0;
        emptied = new CompletableFuture<>();
        if (live == 0) emptied.complete(null);
        List.copyOf(clients).forEach(Client::drop);
        return emptied;
    }

    /** Frees what it sends over and over. */
    void release() {
        request.release();
    }

    /** True when every reply has come. */
    boolean isQuiet() {
        return clients.stream().allMatch(client -> client.inFlight() == 0);
    }

    /** A client may send. */
    void ready(Client client) {}

    void read(int bytes) {
        tally.read(bytes);
    }

    /** Replies came to the units from {@code first} on. */
    void received(Client client, long first, int units, long now) {
        client.recordLatency(tally, first, units, now);
        tally.count((long) units * exchange.messages());
    }

    /** After each read in which replies came: so many may follow. */
    void turn(Client client, int units) {}

    /** A client has ended in good order. */
    void gone(Client client) {}
}
