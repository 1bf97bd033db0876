package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameWriterTest {
    @ParameterizedTest(name = "{0} fin={1} rsv1={2} {3} bytes")
    @CsvSource({
        "TEXT,         true,  false, 0,          8100",
        "TEXT,         true,  true,  125,        c17d",
        "BINARY,       false, false, 126,        027e007e",
        "BINARY,       true,  false, 65535,      827effff",
        "CONTINUATION, true,  false, 65536,      807f0000000000010000",
        "CONTINUATION, false, false, 2147483647, 007f000000007fffffff",
        "CLOSE,        true,  false, 2,          8802",
        "PING,         true,  false, 125,        897d",
        "PONG,         true,  false, 1,          8a01",
    })
    void usesTheFewestBytesForTheLength(Opcode opcode, boolean fin, boolean rsv1, int payloadBytes, String header) {
        ByteBuf out = Unpooled.buffer();

        FrameWriter.writeHeader(out, opcode, fin, rsv1, payloadBytes);

        assertThat(Hex.of(out)).isEqualTo(header);
        assertThat(FrameWriter.headerBytes(payloadBytes, false)).isEqualTo(out.readableBytes());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 125, 126, 65_535, 65_536, Integer.MAX_VALUE})
    void writesWhatFrameHeaderReads(int payloadBytes) {
        ByteBuf out = Unpooled.buffer();

        FrameWriter.writeMaskedHeader(out, Opcode.BINARY, false, true, payloadBytes, 0x89abcdef);

        assertThat(FrameWriter.headerBytes(payloadBytes, true)).isEqualTo(out.readableBytes());
        ByteBuffer header = out.nioBuffer();
        int start = FrameHeader.readStart(header);
        assertThat(FrameHeader.opcode(start)).isEqualTo(Opcode.BINARY);
        assertThat(FrameHeader.fin(start)).isFalse();
        assertThat(FrameHeader.rsv1(start)).isTrue();
        assertThat(FrameHeader.readLength(header, start)).isEqualTo(payloadBytes);
        assertThat(FrameHeader.readMaskKey(header, start)).isEqualTo(0x89abcdef);
    }

    /** The masked "Hello" of RFC 6455 §5.7. */
    @Test
    void masksAsTheRfcShows() {
        ByteBuf out = Unpooled.buffer();

        FrameWriter.writeMasked(out, Opcode.TEXT, true, false, Hex.utf8("Hello"), 0x37fa213d);

        assertThat(Hex.of(out)).isEqualTo("818537fa213d7f9f4d5158");
    }
}
