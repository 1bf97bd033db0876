package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.LengthType;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TcpFraming;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class FramingTest {
    private static final int LIMIT = 32;

    private final BlockingQueue<String> packages = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> errors = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void packagesComeWholeHoweverTheNetworkCutsThem(Transport transport) {
        Server server = server(TcpFraming.delimiter("\r\n"), local().transport(transport));
        try (Server running = started(server);
                RawClient whole = connect(running);
                RawClient cut = connect(running).inChunksOf(1)) {
            for (RawClient client : new RawClient[] {whole, cut}) {
                client.sendText("one\r\n\r\ntwo\r\rthree\r\nfo");
                client.sendText("ur\r\n");
                for (String wanted : new String[] {"one\r\n", "\r\n", "two\r\rthree\r\n", "four\r\n"}) {
                    assertThat(take(packages)).isEqualTo(wanted);
                }
            }
        }
    }

    @InEveryDispatch
    void eachPackageIsOneEventAndOneMessage(Dispatch dispatch) {
        try (Server running = started(server(TcpFraming.delimiter("\n"), local().dispatch(dispatch)));
                RawClient client = connect(running)) {
            client.sendText("a\nbb\nccc\n");

            assertThat(take(packages)).isEqualTo("a\n");
            assertThat(take(packages)).isEqualTo("bb\n");
            assertThat(take(packages)).isEqualTo("ccc\n");
            long fd = running.connections().stream().findFirst().orElseThrow();
            assertThat(running.clientInfo(fd).orElseThrow().messagesReceived()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeOfLengthIsRead(LengthType type) {
        byte[] one = concat(length(type, 3), ascii("abc"));
        byte[] none = length(type, 0);
        byte[] two = concat(length(type, 20), ascii("x".repeat(20)));
        try (Server running = started(server(TcpFraming.lengthField(type), local()));
                RawClient client = connect(running).inChunksOf(3)) {
            client.send(concat(one, concat(none, two)));

            assertThat(take(packages)).isEqualTo(latin(one));
            assertThat(take(packages)).isEqualTo(latin(none));
            assertThat(take(packages)).isEqualTo(latin(two));
        }
    }

    @Test
    void lengthsMayStandWithinAHeaderAndCountIt() {
        TcpFraming what = TcpFraming.lengthField(LengthType.UINT16, 2, 0);
        try (Server running = started(server(what, local()));
                RawClient client = connect(running)) {
            client.send(concat(new byte[] {'!', '!', 0, 6}, ascii("ab")));
            client.send(new byte[] {'!', '!', 0, 4});

            assertThat(take(packages)).isEqualTo("!!\0\6ab");
            assertThat(take(packages)).isEqualTo("!!\0\4");
        }
    }

    @Test
    void theApplicationMayCutItself() {
        TcpFraming digits = TcpFraming.by(bytes -> bytes.get(0) - '0');
        try (Server running = started(server(digits, local()));
                RawClient client = connect(running).inChunksOf(1)) {
            client.sendText("3ab12x");

            assertThat(take(packages)).isEqualTo("3ab");
            assertThat(take(packages)).isEqualTo("1");
            assertThat(take(packages)).isEqualTo("2x");
        }
    }

    @Test
    void aFramingThatThrowsIsToldAndClosesItsConnection() {
        TcpFraming failing = TcpFraming.by(bytes -> {
            throw new IllegalStateException("no idea");
        });
        try (Server running = started(server(failing, local()));
                RawClient client = connect(running)) {
            client.sendText("x");

            assertThat(take(errors)).hasMessage("no idea");
            client.expectEof();
        }
    }

    @Test
    void aPackageAtTheLimitIsTakenAndOnePastItEndsTheConnection() {
        TcpFraming length = TcpFraming.lengthField(LengthType.UINT8);
        try (Server running = started(server(length, local().maxMessageBytes(LIMIT)));
                RawClient client = connect(running)) {
            client.send(concat(new byte[] {LIMIT - 1}, new byte[LIMIT - 1]));
            assertThat(take(packages)).hasSize(LIMIT);
            client.send((byte) LIMIT);

            client.expectEof();
            assertThat(running.counters()).containsEntry("limit.maxMessageBytes", 1L);
        }
    }

    @Test
    void aDelimiterIsWaitedForUpToTheLimit() {
        try (Server running = started(server(TcpFraming.delimiter("\r\n"), local().maxMessageBytes(LIMIT)));
                RawClient client = connect(running)) {
            client.sendText("x".repeat(LIMIT - 2) + "\r\n");
            assertThat(take(packages)).hasSize(LIMIT);
            client.sendText("x".repeat(LIMIT));

            client.expectEof();
            assertThat(running.counters()).containsEntry("limit.maxMessageBytes", 1L);
        }
    }

    @Test
    void whatCameBeforeABadPackageIsAnswered() {
        TcpFraming signed = TcpFraming.lengthField(LengthType.INT8);
        Server server =
                new Server(local().framing(signed).build()).on(Server.RECEIVE, (it, fd, data) -> it.send(fd, data));
        try (Server running = started(server);
                RawClient client = connect(running)) {
            client.send((byte) 1, (byte) 'a', (byte) -1);

            assertThat(client.read(2)).containsExactly(1, 'a');
            client.expectEof();
            assertThat(running.counters()).containsEntry("violation.package_length", 1L);
        }
    }

    @Test
    void aLengthThatNothingCanHoldIsMalformed() {
        try (Server running = started(server(TcpFraming.lengthField(LengthType.UINT64), local()));
                RawClient client = connect(running)) {
            client.sendHex("ffffffffffffffff");

            client.expectEof();
            assertThat(running.counters()).containsEntry("violation.package_length", 1L);
        }
    }

    @Test
    void aLengthWithinWhichItDoesNotFitItselfIsMalformed() {
        try (Server running = started(server(TcpFraming.lengthField(LengthType.UINT16, 2, 0), local()));
                RawClient client = connect(running)) {
            client.send((byte) 0, (byte) 0, (byte) 0, (byte) 3);

            client.expectEof();
            assertThat(running.counters()).containsEntry("violation.package_length", 1L);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 65})
    void delimitersHave1To64Bytes(int bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TcpFraming.delimiter(new byte[bytes]))
                .withMessage("a delimiter has 1 to 64 bytes, was " + bytes);
        assertThat(TcpFraming.delimiter(new byte[64])).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void offsetsAreBounded(int offset) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TcpFraming.lengthField(LengthType.UINT8, offset, 0))
                .withMessage("lengthOffset must be between 0 and 65535, was " + offset);
        assertThatIllegalArgumentException().isThrownBy(() -> TcpFraming.lengthField(LengthType.UINT8, 0, offset));
    }

    @Test
    void lengthTypesHaveSwoolesCodes() {
        StringBuilder codes = new StringBuilder();
        for (LengthType type : LengthType.values()) {
            assertThat(LengthType.of(type.code())).isSameAs(type);
            codes.append(type.code());
        }
        assertThat(codes).hasToString("cCsSnvlLNVqQJ");
        assertThatIllegalArgumentException().isThrownBy(() -> LengthType.of('x'));
    }

    private Server server(TcpFraming framing, ServerOptions.Builder options) {
        return new Server(options.framing(framing).build())
                .on(Server.RECEIVE, (it, fd, data) -> packages.add(latin(data)))
                .on(Server.ERROR, (it, fd, cause) -> errors.add(cause));
    }

    /** Written out by hand, apart from the code that is tested. */
    private static byte[] length(LengthType type, int length) {
        ByteBuffer field = ByteBuffer.allocate(type.bytes());
        boolean little = "vV".indexOf(type.code()) >= 0
                || ("sSlLqQ".indexOf(type.code()) >= 0 && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN);
        field.put(little ? 0 : type.bytes() - 1, (byte) length);
        return field.array();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        return Fixture.together(first, second);
    }

    private static String latin(byte[] data) {
        return new String(data, StandardCharsets.ISO_8859_1);
    }
}
