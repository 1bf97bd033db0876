package dev.tidewire.protocol.deflate;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Hex;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What final blocks cost: each restart of a stream may be a copy of its window. */
class MessageInflaterTest {
    private static final String FINAL_HELLO = "f348cdc9c90700";
    private static final String FIVE_BACK = "f200110000";

    private final Counting stream = new Counting(new JdkStreams().inflate(15));
    private final MessageInflater inflater = new MessageInflater(stream, new AtomicInteger());

    @AfterEach
    void close() {
        inflater.close();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"0300", "0304", "03fc"}) // the last six bits are padding, which may be anything
    void emptyFinalBlocksCostNoRestart(String empty) {
        String said = inflated(FINAL_HELLO + empty.repeat(100_000) + FIVE_BACK);

        assertThat(said).isEqualTo("HelloHello");
        assertThat(stream.restarts).isOne();
    }

    @Test
    void nothingIsRestartedForEmptyFinalBlocksAtTheEndUntilMoreComes() {
        assertThat(inflated(FINAL_HELLO + "0300".repeat(1000))).isEqualTo("Hello");
        assertThat(stream.restarts).isZero();

        assertThat(inflated("0300".repeat(1000) + FIVE_BACK)).isEqualTo("Hello");
        assertThat(stream.restarts).isOne();
    }

    @Test
    void aFinalBlockThatOnlyBeginsLikeAnEmptyOneIsNone() {
        String fourOfFiveBack = "031100";

        assertThat(inflated(FINAL_HELLO + "0300" + fourOfFiveBack)).isEqualTo("HelloHell");
        assertThat(stream.restarts).isOne();
    }

    private String inflated(String hex) {
        StringBuilder said = new StringBuilder();
        inflater.inflate(Hex.buffer(hex), true, piece -> said.append(piece.toString(US_ASCII)));
        return said.toString();
    }

    /** Counts how often a stream begins anew. */
    private static final class Counting implements InflateStream {
        private final InflateStream stream;
        int restarts;

        Counting(InflateStream stream) {
            this.stream = stream;
        }

        @Override
        public boolean inflate(ByteBuf in, ByteBuf out) {
            return stream.inflate(in, out);
        }

        @Override
        public boolean isBetweenBlocks() {
            return stream.isBetweenBlocks();
        }

        @Override
        public void restart() {
            restarts++;
            stream.restart();
        }

        @Override
        public void reset() {
            stream.reset();
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
