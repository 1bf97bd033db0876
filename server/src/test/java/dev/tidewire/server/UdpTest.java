package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.entry;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class UdpTest {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void datagramsComeBackAsTheyWere(Transport transport) {
        byte[] longest = new byte[65_507];
        new Random(1).nextBytes(longest);
        Server server = server(local().transport(transport).build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp())
                .on(Server.PACKET, (it, packet) -> packet.reply(packet.bytes()));
        try (Server running = started(server);
                Client client = new Client(udp)) {
            for (int i = 0; i < 20; i++) {
                client.send(ascii("hello " + i));
                assertThat(client.receive()).asString().isEqualTo("hello " + i);
            }
            client.send(longest);
            assertThat(client.receive()).isEqualTo(longest);
        }
    }

    @OnEveryTransport
    void anEmptyDatagramIsOneToo(Transport transport) {
        Server server = server(local().transport(transport).build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp())
                .on(Server.PACKET, (it, packet) -> heard.add(packet.toString()));
        try (Server running = started(server);
                Client client = new Client(udp)) {
            client.send(new byte[0]);
            assertThat(take(heard)).isEqualTo("Packet[sender=/127.0.0.1:" + client.port() + ", bytes=0]");
        }
    }

    @InEveryDispatch
    void thoseOfOneSenderAreHandledOneAfterAnotherAndInOrder(Dispatch dispatch) {
        Server server = server(local(dispatch));
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {
            heard.add(packet.text());
        });
        try (Server running = started(server);
                Client client = new Client(udp)) {
            for (int i = 0; i < 100; i++) {
                client.send(ascii(String.valueOf(i)));
            }
            List<String> all =
                    IntStream.range(0, 100).mapToObj(i -> take(heard)).toList();
            assertThat(all)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 100).mapToObj(String::valueOf).toList());
        }
    }

    @Test
    void aHandlerThatBlocksHoldsUpOnlyItsOwnSender() {
        CountDownLatch release = new CountDownLatch(1);
        Server server = server(local().build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {
            if (packet.text().equals("block")) await(release);
            heard.add(packet.text());
        });
        try (Server running = started(server);
                Client first = new Client(udp);
                Client second = new Client(udp)) {
            first.send(ascii("block"));
            first.send(ascii("behind"));
            second.send(ascii("free"));
            assertThat(take(heard)).isEqualTo("free");
            release.countDown();
            assertThat(take(heard)).isEqualTo("block");
            assertThat(take(heard)).isEqualTo("behind");
        }
    }

    @Test
    void whatWaitsForHandlersIsBoundedAndTheRestDropped() {
        CountDownLatch release = new CountDownLatch(1);
        int cost = 488 + 512;
        Server server = server(local().maxPendingBytes(3 * cost).build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {
            await(release);
            heard.add(String.valueOf(packet.bytes()[0]));
        });
        try (Server running = started(server);
                Client client = new Client(udp)) {
            for (int i = 0; i < 5; i++) {
                byte[] data = new byte[488];
                data[0] = (byte) i;
                client.send(data);
            }
            until(() -> running.counters().getOrDefault("limit.maxPendingBytes", 0L) == 2);
            release.countDown();
            assertThat(List.of(take(heard), take(heard), take(heard))).containsExactly("0", "1", "2");
            byte[] after = new byte[488];
            after[0] = 9;
            client.send(after);
            assertThat(take(heard)).isEqualTo("9");
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void aDatagramOverTheLongestMessageIsDropped() {
        Server server = server(local().maxMessageBytes(10).build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp())
                .on(Server.PACKET, (it, packet) -> heard.add(packet.text()));
        try (Server running = started(server);
                Client client = new Client(udp)) {
            client.send(ascii("x".repeat(11)));
            client.send(ascii("x".repeat(10)));
            assertThat(take(heard)).isEqualTo("x".repeat(10));
            assertThat(running.counters()).containsEntry("limit.maxMessageBytes", 1L);
        }
    }

    @OnEveryTransport
    void statsTellWhatCameWhatWasSentAndWhatWasDropped(Transport transport) {
        Server server = server(local().transport(transport).maxMessageBytes(10).build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp())
                .on(Server.PACKET, (it, packet) -> packet.reply("heard"));
        try (Server running = started(server);
                Client client = new Client(udp)) {
            client.send(ascii("one"));
            assertThat(client.receive()).asString().isEqualTo("heard");
            client.send(ascii("x".repeat(11)));
            client.send(ascii("two"));
            assertThat(client.receive()).asString().isEqualTo("heard");
            // The client may have a datagram before the loop that sent it hears that it was taken.
            until(() ->
                    running.stats().packetSendCount() == 2 && running.stats().totalSendBytes() == 2 * 5);

            ServerStats stats = running.stats();
            assertThat(stats.packetRecvCount()).isEqualTo(2);
            assertThat(stats.packetDropCount()).isEqualTo(1);
            assertThat(stats.requestCount()).isEqualTo(2);
            assertThat(stats.responseCount()).isEqualTo(2);
            assertThat(stats.dispatchCount()).isEqualTo(2);
            assertThat(stats.totalRecvBytes()).as("dropped ones too").isEqualTo(3 + 11 + 3);
            assertThat(running.counters()).contains(entry("limit.maxMessageBytes", 1L), entry("udp.dropped", 1L));
        }
    }

    @Test
    void theServerSendsToWhomItWants() throws IOException {
        WebSocketServer server = echo(local().build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {});
        assertThat(udp.sendTo("127.0.0.1", 9, new byte[1])).isEqualTo(SendResult.CLOSED);
        try (Server running = started(server);
                Client client = new Client(udp)) {
            assertThat(running.sendTo("127.0.0.1", client.port(), ascii("one"))).isEqualTo(SendResult.SENT);
            assertThat(client.receive()).asString().isEqualTo("one");
            var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), client.port());
            udp.sendTo(address, ascii("two"));
            assertThat(client.receive()).asString().isEqualTo("two");
            running.sendTo(address, "drei, grün");
            assertThat(client.receive()).asString(UTF_8).isEqualTo("drei, grün");
        }
        assertThat(udp.sendTo("127.0.0.1", 9, new byte[1])).isEqualTo(SendResult.CLOSED);
    }

    @Test
    void whatCannotBeSentIsRefused() {
        Server server = server(local().build());
        assertThatIllegalStateException()
                .isThrownBy(() -> server.sendTo("127.0.0.1", 9, new byte[1]))
                .withMessageStartingWith("sending datagrams needs a listener for UDP");
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {});
        try (Server running = started(server)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> running.sendTo("127.0.0.1", 9, new byte[65_508]))
                    .withMessage("a datagram to send has 1 to 65507 bytes, was 65508");
            assertThatIllegalArgumentException().isThrownBy(() -> running.sendTo("127.0.0.1", 9, new byte[0]));
            assertThatIllegalArgumentException().isThrownBy(() -> running.sendTo("localhost", 9, new byte[1]));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> udp.sendTo(InetSocketAddress.createUnresolved("localhost", 9), new byte[1]));
            assertThatIllegalStateException()
                    .isThrownBy(() -> running.listeners().getFirst().sendTo("127.0.0.1", 9, new byte[1]))
                    .withMessage("a listener for TCP sends no datagrams");
        }
    }

    @Test
    void aHandlerThatThrowsIsTold() {
        Server server =
                server(local().build()).on(Server.ERROR, (it, fd, cause) -> heard.add(fd + " " + cause.getMessage()));
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {
            throw new IllegalStateException(packet.text());
        });
        try (Server running = started(server);
                Client client = new Client(udp)) {
            client.send(ascii("a"));
            client.send(ascii("b"));
            assertThat(take(heard)).isEqualTo("0 a");
            assertThat(take(heard)).isEqualTo("0 b");
        }
    }

    @OnEveryTransport
    void socketsOfEveryLoopShareThePort(Transport transport) {
        Server server = server(local().transport(transport).build());
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp().with(options -> options.reusePort(true)))
                .on(Server.PACKET, (it, packet) -> packet.reply(packet.bytes()));
        try (Server running = started(server)) {
            for (int i = 0; i < 20; i++) {
                try (Client client = new Client(udp)) {
                    client.send(ascii("hello " + i));
                    assertThat(client.receive()).asString().isEqualTo("hello " + i);
                }
            }
        }
    }

    @Test
    void whatWasTakenIsHandledBeforeTheEnd() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Server server = server(local().build()).on(Server.SHUTDOWN, it -> heard.add("shutdown"));
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {
            begun.countDown();
            await(release);
            heard.add("handled");
        });
        server.start();
        try (Client client = new Client(udp)) {
            client.send(ascii("x"));
            await(begun);
            Thread closing = Thread.startVirtualThread(server::close);
            until(() -> closing.getState() != Thread.State.RUNNABLE);
            release.countDown();
            assertThat(take(heard)).isEqualTo("handled");
            assertThat(take(heard)).isEqualTo("shutdown");
        }
        server.close();
    }

    @OnEveryTransport
    void whatHandlersAndTasksSendWhileTheServerEndsStillLeaves(Transport transport) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch handle = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        Server server = server(local().transport(transport).build()).on(Server.TASK, (it, task) -> {
            await(finish);
            task.data(Packet.class).reply("done");
        });
        Listener udp = server.listen("127.0.0.1", 0, ListenerOptions.udp()).on(Server.PACKET, (it, packet) -> {
            it.task(packet);
            begun.countDown();
            await(handle);
            packet.reply("handled");
        });
        server.start();
        try (Client client = new Client(udp);
                LogLines log = new LogLines("dev.tidewire.server")) {
            client.send(ascii("x"));
            await(begun);
            Thread closing = Thread.startVirtualThread(server::close);
            log.next("event=shutdown step=accept_stopped");
            client.send(ascii("too late"));
            handle.countDown();
            assertThat(client.receive()).asString().isEqualTo("handled");
            log.next("event=shutdown step=connections_ended");
            finish.countDown();
            assertThat(client.receive()).asString().isEqualTo("done");
            closing.join();
        }
        assertThat(server.stats().taskCount()).isOne();
    }

    private static Server server(dev.tidewire.server.options.ServerOptions options) {
        return new Server(options).on(Server.RECEIVE, (it, fd, data) -> {});
    }

    /** A socket that sends to one listener. */
    private static final class Client implements AutoCloseable {
        private final DatagramSocket socket;
        private final InetSocketAddress server;

        Client(Listener listener) {
            try {
                server = (InetSocketAddress) listener.address();
                socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
                socket.setSoTimeout(5_000);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        int port() {
            return socket.getLocalPort();
        }

        void send(byte[] data) {
            try {
                socket.send(new DatagramPacket(data, data.length, server));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        byte[] receive() {
            try {
                DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
                socket.receive(packet);
                return Arrays.copyOf(packet.getData(), packet.getLength());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
