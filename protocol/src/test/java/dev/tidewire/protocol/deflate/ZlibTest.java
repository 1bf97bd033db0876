package dev.tidewire.protocol.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Hex;
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

    @ParameterizedTest(name = "{0}")
    @CsvSource({"deflateInit2, 16, 8", "deflateInit2, 9, 10"})
    void aContextThatZlibCannotMakeIsAnError(String function, int windowBits, int memoryLevel) {
        Zlib zlib = Flavour.SYSTEM.zlib();

        assertThatThrownBy(() -> zlib.deflater(6, windowBits, memoryLevel))
                .isInstanceOf(AssertionError.class)
                .hasMessage(function + " of zlib returned -2");
        assertThatThrownBy(() -> zlib.inflater(windowBits + 7))
                .isInstanceOf(AssertionError.class)
                .hasMessage("inflateInit2 of zlib returned -2");
        assertThat(zlib.liveContexts()).isZero();
    }
}
