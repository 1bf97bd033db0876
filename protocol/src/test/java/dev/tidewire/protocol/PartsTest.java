package dev.tidewire.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.protocol.deflate.InflaterPool;
import dev.tidewire.protocol.deflate.Zlib;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartsTest {
    private static final int MASK_KEY = 0x01020304;

    private final MessageReader reader = new MessageReader(new MessageReader.Limits(1000, 2000, 10), true).inParts();
    private final Parts heard = new Parts();

    @ParameterizedTest(name = "{0} bytes at a time")
    @ValueSource(ints = {1, 2, 3, 7, 100, 10_000})
    void partsAddUpToTheMessagesHoweverTheyWereCut(int chunkBytes) {
        ByteBuf in = Unpooled.buffer();
        frame(in, Opcode.TEXT, false, "grüß ");
        frame(in, Opcode.PING, true, "?");
        frame(in, Opcode.CONTINUATION, false, "");
        frame(in, Opcode.CONTINUATION, true, "dich");
        frame(in, Opcode.BINARY, true, "x".repeat(900));
        frame(in, Opcode.TEXT, true, "");

        while (in.isReadable()) {
            reader.read(in.readSlice(Math.min(chunkBytes, in.readableBytes())), heard);
        }

        assertThat(heard.messages).containsExactly("ping ?", "TEXT grüß dich", "BINARY " + "x".repeat(900), "TEXT ");
    }

    @Test
    void bytesAreToldAsTheyArrive() {
        ByteBuf whole = Unpooled.buffer();
        frame(whole, Opcode.BINARY, true, "abcdef");

        reader.read(whole.readSlice(6 + 2), heard);
        assertThat(heard.open).hasToString("ab");
        reader.read(whole.readSlice(3), heard);
        assertThat(heard.open).hasToString("abcde");
        reader.read(whole, heard);
        assertThat(heard.messages).containsExactly("BINARY abcdef");
    }

    @Test
    void thereIsNoRoomForWhatIsToldAsItArrives() {
        ByteBuf whole = Unpooled.buffer();
        frame(whole, Opcode.BINARY, true, "abcdef");

        reader.read(whole.readSlice(6 + 2), heard);
        assertThat(reader.room().hasRemaining()).isFalse();
    }

    @Test
    void noPartIsEmptyUnlessItIsTheLast() {
        ByteBuf in = Unpooled.buffer();
        frame(in, Opcode.TEXT, false, "a");
        frame(in, Opcode.CONTINUATION, false, "");
        frame(in, Opcode.CONTINUATION, false, "bc");
        frame(in, Opcode.CONTINUATION, true, "");

        while (in.isReadable()) {
            reader.read(in.readSlice(1), heard);
        }

        assertThat(heard.lengths).containsExactly(1, 1, 1, 0);
    }

    @Test
    void limitsCountWhatWasToldBefore() {
        ByteBuf in = Unpooled.buffer();
        frame(in, Opcode.BINARY, false, "x".repeat(1000));
        frame(in, Opcode.CONTINUATION, false, "x".repeat(1000));
        frame(in, Opcode.CONTINUATION, true, "x");

        assertThatThrownBy(() -> reader.read(in, heard))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining("maxMessageBytes");
    }

    /** "He" and "llo", as in RFC 7692 §7.2.3.5. */
    @Test
    void limitsCountWhatWasInflatedAndToldBefore() {
        ByteBuf in = Unpooled.buffer();
        FrameWriter.writeMasked(in, Opcode.TEXT, false, true, Hex.bytes("f2 48 05 00 00 00 ff ff"), MASK_KEY);
        FrameWriter.writeMasked(in, Opcode.CONTINUATION, true, false, Hex.bytes("ca c9 c9 07 00"), MASK_KEY);
        try (InflaterPool pool = new InflaterPool(Zlib.jdk(), 0)) {
            inflating(pool, 5).read(in.duplicate(), heard);
            assertThat(heard.messages).containsExactly("TEXT Hello");
            assertThat(heard.lengths).containsExactly(2, 3);

            assertThatThrownBy(() -> inflating(pool, 4).read(in, heard))
                    .hasMessage("message of at least 5 bytes, limit 4 (maxMessageBytes)");
        }
    }

    private static MessageReader inflating(InflaterPool pool, int maxMessageBytes) {
        var rules = new FrameRules(true, true, new MessageReader.Limits(1000, maxMessageBytes, 0));
        var alone = new DeflateAgreement(true, true, 15, 15, "");
        return new MessageReader(rules, pool.open(alone)).inParts();
    }

    @Test
    void textThatCannotBeUtf8FailsAtOnceAndTextThatEndsInsideACharacterAtItsEnd() {
        ByteBuf in = Unpooled.buffer();
        FrameWriter.writeMasked(in, Opcode.TEXT, false, false, new byte[] {'a', (byte) 0xC3}, MASK_KEY);
        reader.read(in, heard);
        assertThat(heard.open.size()).isEqualTo(2);
        in.clear();
        FrameWriter.writeMasked(in, Opcode.CONTINUATION, true, false, new byte[0], MASK_KEY);

        assertThatThrownBy(() -> reader.read(in, heard)).hasMessageContaining("UTF-8");
    }

    private static void frame(ByteBuf out, Opcode opcode, boolean fin, String payload) {
        FrameWriter.writeMasked(out, opcode, fin, false, payload.getBytes(UTF_8), MASK_KEY);
    }

    /** Puts parts together again. */
    private static final class Parts implements MessageReader.Sink {
        final List<String> messages = new ArrayList<>();
        final List<Integer> lengths = new ArrayList<>();
        final ByteArrayOutputStream open = new ByteArrayOutputStream();

        @Override
        public void part(Opcode opcode, byte[] bytes, boolean last) {
            lengths.add(bytes.length);
            open.writeBytes(bytes);
            if (!last) return;
            messages.add(opcode + " " + open.toString(UTF_8));
            open.reset();
        }

        @Override
        public void message(Opcode opcode, byte[] payload) {
            throw new AssertionError("told whole");
        }

        @Override
        public void ping(byte[] payload) {
            messages.add("ping " + new String(payload, UTF_8));
        }

        @Override
        public void pong(byte[] payload) {}

        @Override
        public void close(int code, String reason) {}
    }
}
