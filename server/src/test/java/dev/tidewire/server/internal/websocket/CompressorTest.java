package dev.tidewire.server.internal.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.ExtensionOffer;
import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.protocol.deflate.DeflaterPool;
import dev.tidewire.protocol.deflate.Zlib;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.Objects;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompressorTest {
    private static final DeflatePolicy TAKEOVER = new DeflatePolicy(true, false, 15, false, 15, 6, 8, 0);
    private static final String TEXT = "All work and no play makes Jack a dull boy. ".repeat(20);
    private static final int RSV1 = 0x40;

    private final Zlib zlib = Zlib.find();
    private final DeflaterPool pool = new DeflaterPool(zlib, TAKEOVER, 0);
    private final Compressor compressor = new Compressor(
            pool,
            TAKEOVER.answer(List.of(new ExtensionOffer("permessage-deflate", List.of())), zlib)
                    .orElseThrow(),
            0);
    private final Inflater receiver = new Inflater(true);

    @AfterEach
    void close() {
        compressor.close();
        pool.close();
        receiver.end();
    }

    @Test
    void whatCompressesWellTakesNoMoreMemoryThanItNeeds() {
        ByteBuf frame = Objects.requireNonNull(compressor.compressAlone(Opcode.TEXT, new byte[2_000_000]));

        assertThat(frame.capacity()).isLessThan(2 * frame.readableBytes() + 1024);
        frame.release();
    }

    @Test
    void aConnectionThatIdlesHoldsNoContextAndGoesOnWithoutIt() throws DataFormatException {
        long before = System.nanoTime();
        assertThat(inflated(compressor.compress(frame(Opcode.TEXT, true)))).isEqualTo(TEXT);
        assertThat(zlib.liveContexts()).isOne();

        assertThat(compressor.restartIfUnusedSince(before)).isFalse();
        assertThat(zlib.liveContexts()).isOne();
        assertThat(compressor.restartIfUnusedSince(System.nanoTime())).isTrue();
        assertThat(zlib.liveContexts()).isZero();

        assertThat(inflated(compressor.compress(frame(Opcode.TEXT, true)))).isEqualTo(TEXT);
    }

    @Test
    void aMessageThatIsNotAtItsEndKeepsItsContext() throws DataFormatException {
        assertThat(inflated(compressor.compress(frame(Opcode.TEXT, false)))).isEqualTo(TEXT);

        assertThat(compressor.restartIfUnusedSince(System.nanoTime())).isFalse();

        assertThat(zlib.liveContexts()).isOne();
        assertThat(inflated(compressor.compress(frame(Opcode.CONTINUATION, true))))
                .isEqualTo(TEXT);
        assertThat(compressor.restartIfUnusedSince(System.nanoTime())).isTrue();
        assertThat(zlib.liveContexts()).isZero();
    }

    /** As a thread that pushes hands it to the loop. */
    private static ByteBuf frame(Opcode opcode, boolean fin) {
        byte[] payload = TEXT.getBytes(UTF_8);
        ByteBuf frame = ByteBufAllocator.DEFAULT.directBuffer();
        FrameWriter.writeHeader(frame, opcode, fin, false, payload.length);
        return frame.setByte(0, frame.getByte(0) | Compressor.MARK).writeBytes(payload);
    }

    /** Takes a frame of less than 126 bytes. */
    private String inflated(ByteBuf frame) throws DataFormatException {
        byte[] bytes = ByteBufUtil.getBytes(frame);
        frame.release();
        assertThat(bytes[0] & Compressor.MARK).isZero();
        assertThat((bytes[0] & RSV1) != 0).isEqualTo((bytes[0] & 0x0F) != 0);
        byte[] payload = new byte[bytes.length + 2];
        System.arraycopy(bytes, 2, payload, 0, bytes.length - 2);
        payload[payload.length - 1] = (byte) 0xFF;
        payload[payload.length - 2] = (byte) 0xFF;
        boolean fin = bytes[0] < 0;
        receiver.setInput(payload, 0, fin ? payload.length : bytes.length - 2);
        byte[] out = new byte[TEXT.length() + 1];
        return new String(out, 0, receiver.inflate(out), UTF_8);
    }
}
