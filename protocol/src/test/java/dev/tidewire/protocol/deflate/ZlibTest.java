package dev.tidewire.protocol.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.FrameRules;
import dev.tidewire.protocol.Hex;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.protocol.MessageReader.Limits;
import dev.tidewire.protocol.Recorder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ZlibTest {
    @AfterEach
    void forget() {
        System.clearProperty(Zlib.PROPERTY);
    }

    @ParameterizedTest(name = "{0} finds {1} with windows from {2} bits")
    @CsvSource({"'', zlib 1., 8", "system, zlib 1., 8", "jdk, java.util.zip, 15"})
    void aPropertyChoosesTheLibrary(String property, String version, int minWindowBits) {
        if (!property.isEmpty()) {
            System.setProperty(Zlib.PROPERTY, property);
        }

        Zlib zlib = Zlib.find();

        assertThat(zlib.version()).startsWith(version);
        assertThat(zlib.minWindowBits()).isEqualTo(minWindowBits);
        assertThat(zlib.liveContexts()).isZero();
    }

    @Test
    void anUnknownLibraryIsRefused() {
        System.setProperty(Zlib.PROPERTY, "zopfli");

        assertThatThrownBy(Zlib::find)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("tidewire.zlib must be system or jdk, was zopfli");
    }

    /** zlib checks the size itself and refuses a wrong one; that it works at all shows the offsets. */
    @Test
    void theStructIsAsLongAsInC() {
        long pointersAndLongs = 7 * 8 + 4 * LibZ.type("long").byteSize();
        assertThat(ZStream.LAYOUT.byteSize()).isEqualTo(LibZ.type("long").byteSize() == 8 ? pointersAndLongs + 24 : 88);
    }

    @ParameterizedTest
    @EnumSource
    void contextsAreCountedUntilTheyAreClosed(Flavour flavour) {
        Zlib zlib = flavour.zlib();
        MessageDeflater deflater = zlib.deflater(6, 15, 8);
        MessageInflater inflater = zlib.inflater(15);
        assertThat(zlib.liveContexts()).isEqualTo(2);

        deflater.close();
        deflater.close();
        assertThat(zlib.liveContexts()).isOne();

        inflater.close();
        inflater.close();
        assertThat(zlib.liveContexts()).isZero();
        assertThatThrownBy(() -> inflater.inflate(Hex.buffer("00"), true, piece -> {}))
                .hasMessage("inflater is closed");
        assertThatThrownBy(() -> deflater.deflate(Hex.buffer("00"), true, Hex.buffer("00")))
                .hasMessage("deflater is closed");
    }

    /** Only the system's zlib tells; with the JDK's, such a message ends where its bytes end. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "c2 06 00 09 00 f6 ff 48", // a block without compression, of nine bytes
        "c2 01 02", // a block with fixed codes
        "c2 01 04", // a block with codes of its own
        "c2 02 4a 04",
        "c2 05 f2 48 cd c9 c9",
    })
    void aMessageThatEndsInsideABlockIsRefused(String frame) {
        try (InflaterPool pool = new InflaterPool(Flavour.SYSTEM.zlib(), 0)) {
            var rules = new FrameRules(false, true, new Limits(100, 100, 0));
            var agreement = new DeflateAgreement(true, true, 15, 15, "");
            MessageReader reader = new MessageReader(rules, pool.open(agreement));
            Recorder sink = new Recorder();

            assertThatThrownBy(() -> reader.read(Hex.buffer(frame), sink))
                    .message()
                    .isIn(
                            "compressed message ends inside a block (RFC 7692 §7.2.2)",
                            "compressed data is not DEFLATE (RFC 7692 §7.2.2)");
            assertThat(sink.heard).isEmpty();
        }
    }

    /** RFC 7692 §7.2.3.4: a final block ends a stream, but not what may be referred to; the JDK's library cannot do this. */
    @Test
    void aMessageMayReferToWhatCameBeforeAFinalBlock() {
        try (InflaterPool pool = new InflaterPool(Flavour.SYSTEM.zlib(), 0)) {
            var rules = new FrameRules(false, true, new Limits(100, 100, 0));
            var agreement = new DeflateAgreement(true, false, 15, 15, "");
            MessageReader reader = new MessageReader(rules, pool.open(agreement));
            Recorder sink = new Recorder();

            reader.read(Hex.buffer("c1 08 f348cdc9c9070000 | c1 05 f200110000"), sink);
            reader.stop();

            assertThat(sink.heard).containsExactly("TEXT Hello", "TEXT Hello");
        }
    }
}
