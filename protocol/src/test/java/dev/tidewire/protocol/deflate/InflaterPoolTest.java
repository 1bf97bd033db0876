package dev.tidewire.protocol.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Hex;
import dev.tidewire.protocol.Inflation;
import dev.tidewire.protocol.ProtocolViolation;
import dev.tidewire.testkit.RawDeflate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InflaterPoolTest {
    private final Zlib zlib = Flavour.SYSTEM.zlib();

    /** A window costs memory on each connection that keeps it, so it is as small as was agreed; who goes beyond it is at fault. */
    @Test
    void keepsNoMoreThanTheAgreedWindowOfEarlierMessages() {
        byte[] message = Samples.random(1000, 1);
        try (InflaterPool pool = new InflaterPool(zlib, 0);
                RawDeflate peer = new RawDeflate()) {
            Inflation narrow = pool.open(agreement(false, 9));
            Inflation wide = pool.open(agreement(false, 15));
            byte[] first = peer.deflate(message);
            byte[] second = peer.deflate(message); // refers back 1000 bytes, where 512 may be
            assertThat(second).hasSizeLessThan(100);

            assertThat(inflated(wide, first)).containsExactly(1000);
            assertThat(inflated(wide, second)).containsExactly(1000);
            assertThat(inflated(narrow, first)).containsExactly(1000);
            assertThatThrownBy(() -> inflated(narrow, second)).isInstanceOf(ProtocolViolation.class);
            wide.close();
            narrow.close();
        }
        assertThat(zlib.liveContexts()).isZero();
    }

    @Test
    void lendsTheSameContextToConnectionsOfAnyWindowThatRememberNothing() {
        try (InflaterPool pool = new InflaterPool(zlib, 5);
                RawDeflate peer = new RawDeflate()) {
            byte[] payload = peer.deflate(Samples.json(100));
            for (int bits = 8; bits <= 15; bits++) {
                assertThat(inflated(pool.open(agreement(true, bits)), payload)).containsExactly(100);
            }
            assertThat(zlib.liveContexts()).isOne();
        }
    }

    /** Or one peer could have the server say what another one sent. */
    @ParameterizedTest
    @EnumSource
    void forgetsWhatAConnectionSentBeforeAnotherOneComesAlsoBehindAFinalBlock(Flavour flavour) {
        byte[] hello = Hex.bytes("f2 48 cd c9 c9 07 00");
        byte[] finalBlockAndThenFiveBack = Hex.bytes("03 00 | f2 00 11 00 00");
        try (InflaterPool pool = new InflaterPool(flavour.zlib(), 1)) {
            assertThat(inflated(pool.open(agreement(true, 15)), hello)).containsExactly(5);

            assertThatThrownBy(() -> inflated(pool.open(agreement(true, 15)), finalBlockAndThenFiveBack))
                    .isInstanceOf(ProtocolViolation.class);
        }
    }

    /** The lengths of the pieces that came of a message. */
    private static List<Integer> inflated(Inflation inflation, byte[] payload) {
        List<Integer> lengths = new ArrayList<>();
        inflation.inflate(Buffers.wrap(payload), true, piece -> lengths.add(Buffers.takeAll(piece).length));
        return lengths;
    }

    private static DeflateAgreement agreement(boolean clientAlone, int clientBits) {
        return new DeflateAgreement(true, clientAlone, 15, clientBits, "");
    }
}
