package dev.tidewire.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that is told to end while clients send as fast as they get their echoes. */
@Timeout(90)
final class TermUnderLoadTest {
    /** More than one batch. */
    private static final int CLIENTS = 120;

    private static final int IN_FLIGHT = 16;
    private static final int WARM_UP = 50;
    private static final Pattern ACCESS = Pattern.compile(
            "fd=(\\d+) event=closed .* code=(\\d+) initiator=(\\w+) clean=(\\w+) .* messages_in=(\\d+) messages_out=(\\d+)");

    @TempDir
    private Path folder;

    private final CountDownLatch busy = new CountDownLatch(CLIENTS);

    @ParameterizedTest
    @ValueSource(strings = {"virtual", "event-loop", "workers"})
    void everyClientIsToldAndNothingThatWasAcceptedIsLost(String dispatch) throws Exception {
        Path err = folder.resolve("err");
        // The process is closed first, or clients that go on would keep a failure from being told.
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
                CommandProcess echo =
                        CommandProcess.start(err, "echo", "--port", "0", "--dispatch", dispatch, "--access-log")) {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), echo.port());
            List<Future<Integer>> echoed = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                echoed.add(clients.submit(new Chatterbox(address, clients)));
            }
            busy.await();
            assertThat(new ProcessBuilder(
                                    "kill",
                                    "-TERM",
                                    Long.toString(echo.process().pid()))
                            .start()
                            .waitFor())
                    .isZero();

            long arrived = 0;
            for (Future<Integer> future : echoed) {
                arrived += future.get();
            }
            assertThat(echo.exitCode()).isZero();
            List<Ended> ended = ended(err);
            assertThat(ended).hasSize(CLIENTS).allSatisfy(connection -> {
                assertThat(connection.how()).isEqualTo("1001 server true");
                assertThat(connection.echoes()).as("an echo of each message").isEqualTo(connection.messages());
            });
            assertThat(ended.stream().mapToLong(Ended::echoes).sum()).isEqualTo(arrived);
        }
    }

    /** Sends numbers and expects them back in order, until it is told to go. */
    private final class Chatterbox implements Callable<Integer> {
        private final InetSocketAddress address;
        private final ExecutorService threads;
        private final Semaphore room = new Semaphore(IN_FLIGHT);
        private volatile boolean told;

        Chatterbox(InetSocketAddress address, ExecutorService threads) {
            this.address = address;
            this.threads = threads;
        }

        @Override
        public Integer call() throws Exception {
            try (RawClient client = RawClient.connect(address)) {
                client.upgrade();
                Future<?> sending = threads.submit(() -> send(client));
                int echoes = listen(client);
                told = true;
                room.release(IN_FLIGHT);
                sending.get();
                client.expectEof();
                return echoes;
            }
        }

        private int listen(RawClient client) {
            for (int next = 0; ; next++) {
                RawFrame frame = client.readFrame();
                if (frame.opcode() == 8) {
                    assertThat(new String(frame.payload(), 2, frame.payload().length - 2, US_ASCII))
                            .isEqualTo("the server is going away");
                    return next;
                }
                assertThat(new String(frame.payload(), US_ASCII)).isEqualTo(Integer.toString(next));
                room.release();
                if (next == WARM_UP) busy.countDown();
            }
        }

        private void send(RawClient client) {
            for (int next = 0; !told; next++) {
                room.acquireUninterruptibly();
                client.sendMessage(Integer.toString(next));
            }
            client.sendClose(1001);
        }
    }

    /** A line of the access log. */
    private record Ended(String how, long messages, long echoes) {}

    private static List<Ended> ended(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(ACCESS::matcher)
                    .filter(Matcher::find)
                    .map(line -> new Ended(
                            line.group(2) + " " + line.group(3) + " " + line.group(4),
                            Long.parseLong(line.group(5)) - 1, // the request of the handshake counts as one
                            Long.parseLong(line.group(6))))
                    .toList();
        }
    }
}
