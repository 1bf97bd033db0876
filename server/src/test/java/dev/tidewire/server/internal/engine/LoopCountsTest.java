package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.CloseCount;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoopCountsTest {
    private final LoopCounts one = new LoopCounts();
    private final LoopCounts other = new LoopCounts();

    @Test
    void loopsAreSummed() {
        one.add(LoopCounts.BYTES_RECEIVED, 3);
        other.add(LoopCounts.BYTES_RECEIVED, 4);
        one.add(LoopCounts.BYTES_SENT, 1);

        assertThat(LoopCounts.sum(List.of(one, other), LoopCounts.BYTES_RECEIVED))
                .isEqualTo(7);
        assertThat(LoopCounts.sum(List.of(one, other), LoopCounts.BYTES_SENT)).isEqualTo(1);
    }

    @Test
    void endsAreToldApartByCodeAndInitiator() {
        end(one, 1000, Initiator.CLIENT);
        end(other, 1000, Initiator.CLIENT);
        end(one, 1000, Initiator.SERVER);
        end(one, 1006, Initiator.CLIENT);

        assertThat(LoopCounts.closes(List.of(one, other)))
                .containsExactlyInAnyOrder(
                        new CloseCount("1000", Initiator.CLIENT, 2),
                        new CloseCount("1000", Initiator.SERVER, 1),
                        new CloseCount("1006", Initiator.CLIENT, 1));
        assertThat(LoopCounts.sum(List.of(one, other), LoopCounts.CLOSED)).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "999, other",
        "1000, 1000",
        "1015, 1015",
        "1016, other",
        "2999, other",
        "3000, 3xxx",
        "3999, 3xxx",
        "4000, 4xxx",
        "4999, 4xxx",
        "5000, other",
        "65535, other",
        "0, other"
    })
    void codesThatPeersInventShareALabel(int code, String label) {
        end(one, code, Initiator.CLIENT);

        assertThat(LoopCounts.closes(List.of(one))).containsExactly(new CloseCount(label, Initiator.CLIENT, 1));
    }

    private static void end(LoopCounts loop, int code, Initiator initiator) {
        loop.closed(new CloseEvent(1, code, "", initiator, true));
    }
}
