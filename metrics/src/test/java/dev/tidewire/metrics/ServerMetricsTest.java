package dev.tidewire.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.Listener;
import dev.tidewire.server.Server;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ServerMetricsTest {
    private final MeterRegistry registry = new SimpleMeterRegistry();

    private static WebSocketServer chat() {
        ServerOptions options = ServerOptions.builder("127.0.0.1", 0)
                .dispatch(Dispatch.VIRTUAL)
                .maxMessageBytes(100)
                .build();
        return new WebSocketServer(options)
                .on(WebSocketServer.TASK, (ws, task) -> task.finish("done"))
                .on(WebSocketServer.ERROR, (ws, fd, cause) -> {})
                .route(
                        "/rooms/{room}",
                        room -> room.on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            if (frame.text().equals("fail")) throw new IllegalStateException("as told");
                            ws.push(frame.fd(), frame.text());
                        }));
    }

    @Test
    void whatComesAndGoesIsShown() {
        WebSocketServer server = chat();
        new ServerMetrics(server).bindTo(registry);
        assertThat(gauge("tidewire.connections.open")).as("before the start").isZero();
        server.start();
        try (server;
                RawClient one = join(server, "/rooms/4711");
                RawClient two = join(server, "/rooms/4712")) {
            one.sendMessage("hello").expectText("hello");
            one.sendClose(1000).expectClose(1000);
            one.expectEof();
            one.close();

            until(() -> count("tidewire.connections.closed", "code", "1000", "initiator", "client") == 1);
            assertThat(gauge("tidewire.connections.open")).isEqualTo(1);
            assertThat(count("tidewire.connections.opened")).isEqualTo(2);
            assertThat(count("tidewire.connections.closed", "code", "1006", "initiator", "client"))
                    .as("present before it ever happened")
                    .isZero();
            assertThat(count("tidewire.messages", "direction", "in"))
                    .as("two requests, one message")
                    .isEqualTo(3);
            assertThat(count("tidewire.bytes", "direction", "out")).isGreaterThan(100);
            until(() -> gauge("tidewire.queue.bytes") == 0);
            assertThat(two.localAddress()).isNotNull();
        }
    }

    @Test
    void onceClosedItMeasuresNoMoreAndItsMetersAreGone() {
        WebSocketServer server = chat();
        registry.counter("of.the.application");
        ServerMetrics metrics = new ServerMetrics(server);
        metrics.bindTo(registry);
        server.start();
        try (server;
                RawClient client = join(server, "/rooms/1")) {
            client.sendMessage("hello").expectText("hello");
            until(() -> handlers("returned") == 1);
            metrics.close();
            client.sendMessage("again").expectText("again");
        }
        assertThat(registry.getMeters())
                .extracting(meter -> meter.getId().getName())
                .containsExactly("of.the.application");
    }

    @Test
    void handlersAreTimedByRouteTemplateNotByPath() {
        WebSocketServer server = chat();
        new ServerMetrics(server).bindTo(registry);
        server.start();
        try (server) {
            for (int room = 0; room < 3; room++) {
                try (RawClient client = join(server, "/rooms/" + room)) {
                    client.sendMessage("hello").expectText("hello");
                }
            }
            try (RawClient client = join(server, "/rooms/9")) {
                client.sendMessage("fail").expectClose(1011);
            }
            until(() -> handlers("returned") == 3);
            until(() -> handlers("failed") == 1);
            assertThat(registry.find("tidewire.handlers").timers())
                    .allMatch(timer -> "/rooms/{room}".equals(timer.getId().getTag("route")));
        }
    }

    @Test
    void countersTakeTheirPlaceWhenTheyAppear() {
        WebSocketServer server = chat();
        server.start();
        try (server;
                RawClient lost = RawClient.connect(server.localAddress())) {
            lost.sendText(RawClient.upgradeRequest("/nowhere"));
            assertThat(lost.readHttpResponse().status()).isEqualTo(404);
            new ServerMetrics(server, Tags.of("server", "chat")).bindTo(registry);
            try (RawClient greedy = join(server, "/rooms/1")) {
                greedy.sendMessage("x".repeat(101)).expectClose(1009);
            }
            assertThat(count("tidewire.refused", "reason", "path", "server", "chat"))
                    .as("from before the meters")
                    .isEqualTo(1);
            assertThat(count("tidewire.limits.hit", "limit", "maxMessageBytes", "server", "chat"))
                    .isEqualTo(1);
        }
    }

    @Test
    void datagramsAreShown() throws IOException {
        WebSocketServer server = chat();
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp())
                .on(Server.PACKET, (it, packet) -> packet.reply(packet.bytes()));
        new ServerMetrics(server).bindTo(registry);
        server.start();
        try (server;
                DatagramSocket client = new DatagramSocket()) {
            client.send(new DatagramPacket(new byte[7], 7, udp.address()));

            // Of one look at the server, which may be in the middle of it.
            until(() -> count("tidewire.packets", "direction", "out") == 1
                    && count("tidewire.packets", "direction", "in") == 1
                    && count("tidewire.bytes", "direction", "in") == 7);
        }
    }

    @Test
    void loopsAndTasksAreShown() {
        WebSocketServer server = chat();
        new ServerMetrics(server).bindTo(registry);
        server.start();
        try (server) {
            server.task("work");
            until(() -> count("tidewire.tasks") == 1);
            until(() -> registry.get("tidewire.loop.lag").timer().count() > 2);
        }
    }

    @Test
    void eachCounterHasOnePlace() {
        assertThat(CounterName.of("limit.maxConnections"))
                .extracting(CounterName::meter, CounterName::value)
                .containsExactly("tidewire.limits.hit", "maxConnections");
        assertThat(CounterName.of("tls.handshake_failed.client_left"))
                .extracting(CounterName::meter, CounterName::value)
                .containsExactly("tidewire.tls.handshakes.failed", "client_left");
        assertThat(CounterName.of("loop.stalled"))
                .extracting(CounterName::meter, CounterName::tag, CounterName::value)
                .containsExactly("tidewire.events", "event", "loop.stalled");
    }

    private double handlers(String outcome) {
        var timer = registry.find("tidewire.handlers")
                .tags("event", "message", "outcome", outcome)
                .timer();
        return timer == null ? 0 : timer.count();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    private double count(String name, String... tags) {
        Meter meter = registry.find(name).tags(tags).meter();
        return meter == null ? 0 : meter.measure().iterator().next().getValue();
    }

    private static RawClient join(WebSocketServer server, String path) {
        RawClient client = RawClient.connect(server.localAddress());
        client.upgrade(path);
        return client;
    }

    /** Waits for what no event tells of: the stats behind the meters are up to a second old. */
    private static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }
}
