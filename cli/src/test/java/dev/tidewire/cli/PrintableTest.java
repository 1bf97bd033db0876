package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.WebSocketServer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PrintableTest {
    @ParameterizedTest
    @CsvSource({
        "TEXT, 68 69, hi",
        "TEXT, c3 bc f0 9f 8c 8a, ü🌊",
        "TEXT, 61 0a 62, a\\x0ab",
        "TEXT, 1b 5b 32 4a, \\x1b[2J",
        "TEXT, c2 9b 32 4a, \\x9b2J",
        "TEXT, '', ''",
        "BINARY, 68 69, hi",
        "BINARY, c3 bc, ü",
        "BINARY, c3 28, c3 28 (2 bytes)",
        "BINARY, 61 00 62, 61 00 62 (3 bytes)",
        "BINARY, '', ''",
        "BINARY, ff, ff (1 byte)"
    })
    void messageIsOneLineThatCannotDriveTheTerminal(Opcode opcode, String payload, String line) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(payload);

        var frame = WebSocketServer.unpack(WebSocketServer.pack(bytes, opcode, true, false));

        assertThat(Printable.message(frame)).isEqualTo(line);
    }

    @Test
    void linesKeepTheirBreaks() {
        assertThat(Printable.lines("a\n\tb\r\u0007")).isEqualTo("a\n\tb\\x0d\\x07");
    }

    @Test
    void hexOfManyBytesIsOfTheFirst() {
        assertThat(Printable.hex(new byte[65]))
                .endsWith("00 00 ... (65 bytes)")
                .hasSize(64 * 3 - 1 + " ... (65 bytes)".length());
    }
}
