package dev.tidewire.server.internal.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String IPV4 = "c0000201c6336407dc0401bb";

    @ParameterizedTest
    @CsvSource({
        "TCP4 192.0.2.1 198.51.100.7 56324 443, 192.0.2.1, 56324",
        "TCP4 255.255.255.255 0.0.0.0 65535 0, 255.255.255.255, 65535",
        "TCP6 2001:db8::1 ::1 56324 443, 2001:db8::1, 56324"
    })
    void theLineNamesTheClient(String words, String address, int port) {
        byte[] line = ascii("PROXY " + words + "\r\nGET");

        assertThat(ProxyHeader.read(line, line.length))
                .isEqualTo(new ProxyHeader.Client(line.length - 3, client(address, port)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UNKNOWN", "UNKNOWN ffff::1 whatever 1 2"})
    void aLineMayKnowNoClient(String words) {
        byte[] line = ascii("PROXY " + words + "\r\n");

        assertThat(ProxyHeader.read(line, line.length)).isEqualTo(new ProxyHeader.NoClient(line.length));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "proxy TCP4 192.0.2.1 198.51.100.7 56324 443\r\n",
                "PROXY TCP5 192.0.2.1 198.51.100.7 56324 443\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n",
                "PROXY TCP4  192.0.2.1 198.51.100.7 56324 443\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 \r\n",
                "PROXY TCP4 192.0.2.256 198.51.100.7 56324 443\r\n",
                "PROXY TCP4 192.0.2.01 198.51.100.7 56324 443\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.7 056324 443\r\n",
                "PROXY TCP4 192.0.2.1 198.51.100.7 +1 443\r\n",
                "PROXY TCP4 ::1 ::1 56324 443\r\n",
                "PROXY TCP6 192.0.2.1 198.51.100.7 56324 443\r\n",
                "PROXY TCP6 :::: ::1 56324 443\r\n",
                "PROXY TCP4 localhost 198.51.100.7 56324 443\r\n"
            })
    void aLineThatIsNotExactlySoIsMalformed(String line) {
        assertThat(ProxyHeader.read(ascii(line), line.length())).isInstanceOf(ProxyHeader.Malformed.class);
    }

    @Test
    void aLineHas107BytesAtMost() {
        byte[] longest = ascii("PROXY UNKNOWN" + " ".repeat(107 - 15) + "\r\n");
        byte[] longer = ascii("PROXY UNKNOWN" + " ".repeat(108 - 15) + "\r\n");

        assertThat(ProxyHeader.read(longest, longest.length)).isEqualTo(new ProxyHeader.NoClient(107));
        assertThat(ProxyHeader.read(longer, 106)).isInstanceOf(ProxyHeader.Incomplete.class);
        assertThat(ProxyHeader.read(longer, 107)).isInstanceOf(ProxyHeader.Malformed.class);
    }

    @Test
    void theBinaryHeaderNamesTheClientAndItsExtensionsAreSkipped() {
        byte[] ipv4 = hex(SIGNATURE + "2111000f" + IPV4 + "030001" + "ff");
        byte[] ipv6 =
                hex(SIGNATURE + "21210024" + "20010db8000000000000000000000001" + "0".repeat(31) + "1" + "dc0401bb");

        assertThat(ProxyHeader.read(ipv4, ipv4.length))
                .isEqualTo(new ProxyHeader.Client(31, client("192.0.2.1", 56324)));
        assertThat(ProxyHeader.read(ipv6, ipv6.length))
                .isEqualTo(new ProxyHeader.Client(52, client("2001:db8::1", 56324)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"20000000", "20110000", "21000000", "2131000401020304"})
    void aBinaryHeaderMayKnowNoClient(String rest) {
        byte[] header = hex(SIGNATURE + rest);

        assertThat(ProxyHeader.read(header, header.length)).isEqualTo(new ProxyHeader.NoClient(header.length));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1111000c" + IPV4,
                "2211000c" + IPV4,
                "2112000c" + IPV4,
                "2141000c" + IPV4,
                "2111000bc0000201c6336407dc0401"
            })
    void aBinaryHeaderThatIsNotExactlySoIsMalformed(String rest) {
        byte[] header = hex(SIGNATURE + rest);

        assertThat(ProxyHeader.read(header, header.length)).isInstanceOf(ProxyHeader.Malformed.class);
    }

    @Test
    void aBinaryHeaderIsBoundedBeforeItIsThere() {
        byte[] longest = hex(SIGNATURE + "21110ff0");
        byte[] longer = hex(SIGNATURE + "21110ff1");

        assertThat(ProxyHeader.read(longest, longest.length)).isInstanceOf(ProxyHeader.Incomplete.class);
        assertThat(ProxyHeader.read(longer, longer.length)).isInstanceOf(ProxyHeader.Malformed.class);
    }

    @Test
    void everyBeginningOfAHeaderIsIncomplete() {
        for (byte[] header : new byte[][] {
            ascii("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"), hex(SIGNATURE + "2111000c" + IPV4)
        }) {
            for (int length = 0; length < header.length; length++) {
                assertThat(ProxyHeader.read(Arrays.copyOf(header, length), length))
                        .isInstanceOf(ProxyHeader.Incomplete.class);
            }
        }
    }

    private static InetSocketAddress client(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
