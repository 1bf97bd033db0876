package dev.tidewire.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RawClientTest {
    private ServerSocket listener;
    private RawClient client;
    private Socket peer;

    @BeforeEach
    void connect() throws IOException {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        client = RawClient.connect((InetSocketAddress) listener.getLocalSocketAddress());
        peer = listener.accept();
    }

    @AfterEach
    void disconnect() throws IOException {
        client.close();
        peer.close();
        listener.close();
    }

    @ParameterizedTest(name = "{0} bytes at a time")
    @ValueSource(ints = {1, 2, 5, 1000})
    void sendsTheBytesItIsGiven(int chunkBytes) throws IOException {
        client.inChunksOf(chunkBytes).sendHex("81 85 37fa213d 7f9f4d5158");

        assertThat(peer.getInputStream().readNBytes(11)).asHexString().isEqualTo("818537FA213D7F9F4D5158");
    }

    /** The masked example of RFC 6455 §5.7. */
    @Test
    void masksAsTheRfcShows() throws IOException {
        client.maskKey(0x37fa213d).sendMessage("Hello");

        assertThat(peer.getInputStream().readNBytes(11)).asHexString().isEqualTo("818537FA213D7F9F4D5158");
    }

    @ParameterizedTest(name = "{0} bytes")
    @CsvSource({
        "0,     82 80 00000000",
        "125,   82 fd 00000000",
        "126,   82 fe 007e 00000000",
        "65535, 82 fe ffff 00000000",
        "65536, 82 ff 0000000000010000 00000000",
    })
    void writesLengthsInTheirShortestForm(int bytes, String header) {
        byte[] expected = hex(header);

        assertThat(client.maskKey(0).frame(2, true, new byte[bytes]))
                .startsWith(expected)
                .hasSize(expected.length + bytes);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "81 05 48656c6c6f, true,  0, 1, Hello",
        "01 03 48656c,     false, 0, 1, Hel",
        "c2 01 41,         true,  4, 2, A",
        "81 7e 0001 41,    true,  0, 1, A",
        "89 7f 0000000000000001 41, true, 0, 9, A",
    })
    void readsFramesWhateverTheirForm(String hex, boolean fin, int rsv, int opcode, String text) throws IOException {
        peer.getOutputStream().write(hex(hex));

        RawFrame frame = client.readFrame();

        assertThat(frame.fin()).isEqualTo(fin);
        assertThat(frame.rsv()).isEqualTo(rsv);
        assertThat(frame.opcode()).isEqualTo(opcode);
        assertThat(frame.text()).isEqualTo(text);
    }

    @Test
    void doesNotTakeAMaskedFrame() throws IOException {
        peer.getOutputStream().write(hex("81 81 00000000 41"));

        assertThatThrownBy(client::readFrame).isInstanceOf(AssertionError.class).hasMessageContaining("masked");
    }

    @Test
    void keepsBytesBehindTheHandshakeForTheFramesTheyAre() throws IOException {
        respond("""
                HTTP/1.1 101 Switching Protocols
                Upgrade: websocket
                Connection: Upgrade
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=

                """);
        peer.getOutputStream().write(hex("81 02 6869"));

        client.upgrade();

        client.expectText("hi");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"HTTP/1.1 400 Bad Request\nContent-Length: 2\n\nno", """
            HTTP/1.1 101 Switching Protocols
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=

            """})
    void doesNotTakeAnotherAnswerForAHandshake(String response) throws IOException {
        respond(response);

        assertThatThrownBy(client::upgrade).isInstanceOf(AssertionError.class);
    }

    @Test
    void readsAResponseWithItsBodyAndLeavesTheNext() throws IOException {
        respond("HTTP/1.1 200 OK\ncontent-length: 2\nX: 1\nX: 2\n\nhi");
        respond("HTTP/1.1 404 Not Found\nContent-Length: 0\n\n");

        RawResponse first = client.readHttpResponse();

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.text()).isEqualTo("hi");
        assertThat(first.headers().get("x")).containsExactly("1", "2");
        assertThat(client.readHttpResponse().status()).isEqualTo(404);
    }

    @Test
    void saysWhatDidNotComeInTime() {
        client.timeout(Duration.ofMillis(20));

        assertThatThrownBy(client::readFrame)
                .isInstanceOf(AssertionError.class)
                .hasMessage("a frame did not come within 20 ms");
    }

    @Test
    void saysWhatWasMissingWhenTheStreamEnded() throws IOException {
        peer.getOutputStream().write(hex("81 05 48"));
        peer.shutdownOutput();

        assertThatThrownBy(client::readFrame)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("the stream ended before a frame came");
    }

    @Test
    void readsOnAfterItEndedItsHalf() throws IOException {
        client.halfClose();
        assertThat(peer.getInputStream().read()).isNegative();
        peer.getOutputStream().write(hex("88 02 03e8"));
        peer.shutdownOutput();

        client.expectClose(1000);
        client.expectEof();
    }

    @Test
    void vanishesWithAReset() {
        client.reset();

        assertThatThrownBy(() -> peer.getInputStream().read()).hasMessageContaining("reset");
    }

    @Test
    void takesAResetForAnEndButNotForTheEndOfAStream() throws IOException {
        peer.setSoLinger(true, 0);
        peer.close();

        assertThatThrownBy(client::expectEof).isInstanceOf(UncheckedIOException.class);
        client.expectEnd();
    }

    private void respond(String response) throws IOException {
        peer.getOutputStream().write(response.replace("\n", "\r\n").getBytes(US_ASCII));
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
