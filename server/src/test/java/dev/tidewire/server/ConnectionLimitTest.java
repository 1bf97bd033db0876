package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.HttpServer.REQUEST;
import static dev.tidewire.server.Server.CONNECT;
import static dev.tidewire.server.Server.RECEIVE;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.internal.limits.Descriptors;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class ConnectionLimitTest {
    @OnEveryTransport
    void theOneTooManyIsAnswered503AndTheNextIsServedWhenOneHasGone(Transport transport) {
        try (var server = started(
                        echo(local().transport(transport).maxConnections(2).build()));
                RawClient first = open(server);
                RawClient second = open(server);
                RawClient third = connect(server)) {
            RawResponse refused = third.sendText(RawClient.upgradeRequest("/")).readHttpResponse();

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).hasValue("10");
            assertThat(refused.header("Connection")).hasValue("close");
            seeOut(third);
            assertThat(server.counters()).containsEntry("limit.maxConnections", 1L);
            assertThat(server.connections().count()).isEqualTo(2);
            second.sendMessage("still here").expectText("still here");

            first.close();
            until(() -> server.connections().count() == 1);
            until(() -> isServed(server));
        }
    }

    @Test
    void plainHttpIsRefusedInItsTermsToo() {
        try (var server = started(new HttpServer(local().maxConnections(1).build())
                        .on(REQUEST, (request, response) -> response.end("served")));
                RawClient first = connect(server)) {
            first.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n").readHttpResponse();

            try (RawClient second = connect(server)) {
                second.sendText("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n");
                second.send(new byte[1 << 20]);

                assertThat(second.readHttpResponse().status()).isEqualTo(503);
                second.expectEof();
            }
        }
    }

    @Test
    void plainTcpIsClosed() {
        AtomicInteger connected = new AtomicInteger();
        try (var server = started(new Server(local().maxConnections(1).build())
                        .on(CONNECT, (tcp, fd) -> connected.incrementAndGet())
                        .on(RECEIVE, (tcp, fd, data) -> tcp.send(fd, data)));
                RawClient first = connect(server)) {
            first.send((byte) 7);
            assertThat(first.read(1)).containsExactly(7);
            try (RawClient second = connect(server)) {
                second.expectEnd();
            }

            assertThat(connected).hasValue(1);
        }
    }

    @Test
    void withTlsNoHandshakeIsSpentOnThem(@TempDir Path folder) {
        var tls = TlsFixture.localhost(folder).build();
        try (var server = started(echo(local().tls(tls).maxConnections(1).build()));
                RawClient first = connect(server)) {
            until(() -> server.connections().count() == 1);
            try (RawClient second = connect(server)) {
                second.expectEnd();
            }
        }
    }

    @Test
    void aPeerThatSaysNothingIsNotKeptEither() {
        try (var server = started(echo(local().maxConnections(1)
                        .closeTimeout(Duration.ofMillis(200))
                        .build()));
                RawClient first = open(server);
                RawClient second = connect(server)) {
            second.expectEnd();
        }
    }

    @Test
    void onlySoManyAreToldAtATimeAndTheOthersAreClosedAtOnce() {
        List<RawClient> refused = new ArrayList<>();
        ServerOptions options = local().maxConnections(1).build();
        int told = Descriptors.ofProcess().refused(options.threads());
        try (var server = started(echo(options));
                RawClient first = open(server)) {
            for (int i = 0; i < told + 4; i++) {
                refused.add(connect(server));
            }
            until(() -> server.counters().getOrDefault("limit.maxConnections", 0L) == told + 4);

            assertThat(server.counters()).containsEntry("refused.unanswered", 4L);
            refused.getFirst().sendText(RawClient.upgradeRequest("/"));
            assertThat(refused.getFirst().readHttpResponse().status()).isEqualTo(503);
            first.sendMessage("still here").expectText("still here");
        } finally {
            refused.forEach(RawClient::close);
        }
    }

    @Test
    void anAddressHasItsOwnLimit() {
        try (var server = started(echo(local().maxConnectionsPerAddress(2).build()));
                RawClient first = open(server);
                RawClient second = open(server);
                RawClient third = connect(server)) {
            RawResponse refused = third.sendText(RawClient.upgradeRequest("/")).readHttpResponse();

            assertThat(refused.status()).isEqualTo(429);
            assertThat(server.counters()).containsEntry("limit.maxConnectionsPerAddress", 1L);
            second.close();
            until(() -> isServed(server));
        }
    }

    @Test
    void soManyMayComeInASecond() {
        try (var server = started(echo(local().maxConnectionsPerSecond(3).build()))) {
            for (int i = 0; i < 3; i++) {
                open(server).close();
            }
            try (RawClient fourth = connect(server)) {
                RawResponse refused =
                        fourth.sendText(RawClient.upgradeRequest("/")).readHttpResponse();

                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.header("Retry-After")).hasValue("1");
                assertThat(server.counters()).containsEntry("limit.maxConnectionsPerSecond", 1L);
            }
        }
    }

    @Test
    void aConnectionCountsUntilItsCloseHandlerHasReturned() {
        CountDownLatch goOn = new CountDownLatch(1);
        try (var server =
                started(echo(local().maxConnections(1).build()).on(CLOSE, (ws, close) -> Fixture.await(goOn)))) {
            open(server).close();
            until(() -> server.connections().count() == 0);

            assertThat(isServed(server)).isFalse();
            goOn.countDown();
            until(() -> isServed(server));
        }
    }

    @InEveryDispatch
    void nothingIsCountedAnyMoreAfterThousandsHaveComeAndGone(Dispatch dispatch) {
        SplittableRandom random = new SplittableRandom(1);
        List<RawClient> held = new ArrayList<>();
        try (var server = started(echo(local().dispatch(dispatch)
                .maxConnections(40)
                .maxConnectionsPerAddress(30)
                .build()))) {
            for (int i = 0; i < 3_400; i++) {
                RawClient client = connect(server);
                if (random.nextInt(4) == 0) client.sendText(RawClient.upgradeRequest("/"));
                held.add(client);
                if (held.size() > 35 || random.nextBoolean()) {
                    RawClient leaving = held.remove(random.nextInt(held.size()));
                    if (random.nextBoolean()) leaving.reset();
                    else leaving.close();
                }
            }
            held.forEach(RawClient::close);

            until(() -> server.connections().count() == 0);
            // As many as there may be, and not one more, are served again.
            held.clear();
            until(() -> {
                if (held.size() < 30) takeIfServed(server, held);
                return held.size() == 30;
            });
            assertThat(isServed(server)).isFalse();
            held.forEach(RawClient::close);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE})
    void limitsThatCannotBeAreRefusedByTheBuilder(int limit) {
        var builder = local();
        for (IntConsumer setter : List.<IntConsumer>of(
                builder::maxConnections, builder::maxConnectionsPerAddress, builder::maxConnectionsPerSecond)) {
            assertThatThrownBy(() -> setter.accept(limit))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must not be negative, was " + limit);
        }
        assertThatThrownBy(() -> builder.maxConnectionsPerSecond(1_000_000_001))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxConnectionsPerSecond");
    }

    private static boolean isServed(Server server) {
        List<RawClient> served = new ArrayList<>();
        takeIfServed(server, served);
        served.forEach(RawClient::close);
        return !served.isEmpty();
    }

    private static void takeIfServed(Server server, List<RawClient> served) {
        RawClient client = connect(server);
        if (isServed(client)) served.add(client);
        else client.close();
    }

    /** One that is refused may find itself closed without an answer, when very many are. */
    private static boolean isServed(RawClient client) {
        try {
            return client.sendText(RawClient.upgradeRequest("/"))
                            .readHttpResponse()
                            .status()
                    == 101;
        } catch (UncheckedIOException closed) {
            return false;
        }
    }
}
