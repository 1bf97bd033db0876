package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class ConnectionTest {
    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();

    @Test
    void aConnectionExistsAtOnceAndIsEstablishedBetweenHandshakeAndClose() {
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient client = connect(server)) {
            until(() -> server.exists(1));
            assertThat(server.isEstablished(1)).isFalse();

            client.upgrade();
            assertThat(take(fds)).isEqualTo(1);
            assertThat(server.exists(1)).isTrue();
            assertThat(server.isEstablished(1)).isTrue();

            server.disconnect(1);
            assertThat(server.isEstablished(1)).isFalse();
            assertThat(server.exists(1)).isTrue();

            client.expectClose(1000);
            seeOut(client.sendClose(1000));
            client.close();
            until(() -> !server.exists(1));
            assertThat(server.isEstablished(1)).isFalse();
        }
    }

    @Test
    void anFdIsNeverUsedAgain() {
        try (WebSocketServer server = started(listening(local().build(), fds))) {
            for (long expected = 1; expected <= 20; expected++) {
                open(server).close();
                assertThat(take(fds)).isEqualTo(expected);
            }
        }
    }

    @Test
    void beforeTheStartThereIsNobody() {
        WebSocketServer server = echo(local().build());

        assertThat(server.exists(1)).isFalse();
        assertThat(server.isEstablished(1)).isFalse();
        assertThat(server.clientInfo(1)).isEmpty();
        assertThat(server.attributes(1)).isEmpty();
        assertThat(server.queuedBytes(1)).isZero();
        assertThat(server.connections()).isEmpty();
        assertThat(server.connections().count()).isZero();
    }

    @Test
    void connectionsAreCountedWalkedAndStreamed() {
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient one = open(server);
                RawClient two = open(server);
                RawClient plain = connect(server)) {
            until(() -> server.connections().count() == 3);
            assertThat(server.connections()).containsExactlyInAnyOrder(1L, 2L, 3L);
            assertThat(server.connections().stream().filter(server::isEstablished))
                    .containsExactlyInAnyOrder(1L, 2L);

            one.close();
            until(() -> server.connections().count() == 2);
            assertThat(server.connections().stream().sum()).isEqualTo(2 + 3);
            two.close();
            plain.close();
            until(() -> server.connections().count() == 0);
            var walk = server.connections().iterator();
            assertThat(walk.hasNext()).isFalse();
            assertThatThrownBy(walk::next).isInstanceOf(NoSuchElementException.class);
        }
    }

    @Test
    void connectionsMayBeWalkedWhileTheyComeAndGo() throws InterruptedException {
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient constant = open(server)) {
            long stays = take(fds);
            AtomicBoolean done = new AtomicBoolean();
            Thread coming = Thread.startVirtualThread(() -> {
                for (int i = 0; i < 300; i++) {
                    connect(server).close();
                }
                done.set(true);
            });

            while (!done.get()) {
                List<Long> walked = new ArrayList<>();
                server.connections().forEach(walked::add);
                Set<Long> distinct = new HashSet<>(walked);
                assertThat(distinct).hasSameSizeAs(walked).contains(stays);
            }
            coming.join();
            until(() -> server.connections().count() == 1);
            constant.sendClose(1000).expectClose(1000);
        }
    }

    /** The table of connections begins with 1,024 places. */
    @Test
    void moreConnectionsThanTheTableBeganWithAreAllFound() {
        int many = 1100;
        List<RawClient> clients = new ArrayList<>();
        try (WebSocketServer server = started(listening(local().build(), fds))) {
            for (int i = 0; i < many; i++) {
                clients.add(connect(server));
            }
            until(() -> server.connections().count() == many);

            assertThat(server.connections().stream().distinct().count()).isEqualTo(many);
            assertThat(server.connections().stream().allMatch(server::exists)).isTrue();
            clients.forEach(RawClient::close);
            until(() -> server.connections().count() == 0);
        }
    }

    @Test
    void whatComesWithTheUpgradeRequestIsCountedOnce() {
        try (WebSocketServer server = started(echo(local().build()));
                RawClient client = connect(server)) {
            byte[] all = together(ascii(RawClient.upgradeRequest("/")), client.frame(1, true, ascii("at once")));
            client.send(all);
            client.expectUpgrade();
            client.expectText("at once");

            assertThat(info(server).bytesReceived()).isEqualTo(all.length);
        }
    }

    @InEveryDispatch
    void clientInfoTellsWhatIsKnown(Dispatch dispatch) {
        Instant before = Instant.now().minusMillis(1);
        try (WebSocketServer server = started(echo(local(dispatch)));
                RawClient client = connect(server)) {
            until(() -> server.exists(1));
            ClientInfo fresh = server.clientInfo(1).orElseThrow();
            assertThat(fresh.fd()).isEqualTo(1);
            assertThat(fresh.remoteAddress()).isEqualTo(client.localAddress());
            assertThat(fresh.localAddress()).isEqualTo(server.localAddress());
            assertThat(fresh.connectedAt()).isBetween(before, Instant.now());
            assertThat(fresh.lastReceivedAt()).isEqualTo(fresh.connectedAt());
            assertThat(fresh.lastSentAt()).isEqualTo(fresh.connectedAt());
            assertThat(fresh.bytesReceived()).isZero();
            assertThat(fresh.webSocketStatus()).isEqualTo(WebSocketStatus.NONE);

            client.upgrade();
            client.sendMessage("hello").expectText("hello");
            client.sendMessage("world").expectText("world");
            until(() -> info(server).queuedBytes() == 0);
            ClientInfo later = info(server);
            int requestBytes = RawClient.upgradeRequest("/").length();
            assertThat(later.bytesReceived()).isEqualTo(requestBytes + 2 * (2 + 4 + 5));
            assertThat(later.bytesSent()).isEqualTo(129 + 2 * (2 + 5));
            assertThat(later.messagesReceived()).isEqualTo(1 + 2);
            assertThat(later.messagesSent()).isEqualTo(2);
            assertThat(later.lastReceivedAt()).isBetween(later.connectedAt(), Instant.now());
            assertThat(later.lastSentAt()).isBetween(later.connectedAt(), Instant.now());
            assertThat(later.webSocketStatus()).isEqualTo(WebSocketStatus.ESTABLISHED);

            server.disconnect(1);
            assertThat(info(server).webSocketStatus()).isEqualTo(WebSocketStatus.CLOSING);
        }
    }

    @InEveryDispatch
    void clientInfoAndAttributesCanStillBeReadInsideClose(Dispatch dispatch) {
        BlockingQueue<ClientInfo> last = new LinkedBlockingQueue<>();
        BlockingQueue<Object> data = new LinkedBlockingQueue<>();
        try (WebSocketServer server = started(echo(local(dispatch))
                .on(
                        WebSocketServer.OPEN,
                        (ws, request) -> ws.attributes(request.fd()).put("user", "ann"))
                .on(WebSocketServer.CLOSE, (ws, close) -> {
                    last.add(ws.clientInfo(close.fd()).orElseThrow());
                    data.add(ws.attributes(close.fd()).getOrDefault("user", "nobody") + " " + ws.exists(close.fd()));
                }))) {
            try (RawClient client = open(server)) {
                client.sendMessage("hi").expectText("hi");
            }

            assertThat(take(last).webSocketStatus()).isEqualTo(WebSocketStatus.CLOSED);
            assertThat(take(data)).isEqualTo("ann false");
            until(() -> server.clientInfo(1).isEmpty());
            assertThat(server.attributes(1)).isEmpty();
        }
    }

    @Test
    void attributesBelongToOneConnection() {
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient one = open(server);
                RawClient two = open(server)) {
            server.attributes(1).put("user", "ann");
            server.attributes(2).put("user", "bob");

            assertThat(server.attributes(1)).containsEntry("user", "ann");
            assertThat(server.attributes(2)).containsEntry("user", "bob");
            one.close();
            until(() -> server.clientInfo(1).isEmpty());
            assertThat(server.attributes(1)).isEmpty();
            server.attributes(1).put("user", "late");
            assertThat(server.attributes(1)).isEmpty();
            assertThat(server.attributes(2)).containsEntry("user", "bob");
            two.sendClose(1000).expectClose(1000);
        }
    }

    @Test
    void whatIsQueuedForABusyPeerIsTold() {
        CountDownLatch pushed = new CountDownLatch(1);
        WebSocketServer talks = new WebSocketServer(
                        local().dispatch(Dispatch.EVENT_LOOP).build())
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    ws.push(frame.fd(), new byte[10]);
                    fds.add((long) ws.queuedBytes(frame.fd()));
                    pushed.countDown();
                });
        try (WebSocketServer server = started(talks);
                RawClient client = open(server)) {
            client.sendMessage("?");
            await(pushed);

            assertThat(take(fds)).isEqualTo(12);
            assertThat(client.readFrame().payload()).hasSize(10);
            until(() -> server.queuedBytes(1) == 0);
        }
    }

    private static ClientInfo info(WebSocketServer server) {
        return server.clientInfo(1).orElseThrow();
    }
}
