package dev.tidewire.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.testkit.LeakCheck;
import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class NoLeaksTest {
    @Test
    void aBufferThatNobodyReleasedIsFound() {
        lose();

        assertThatThrownBy(LeakCheck::assertNoLeaks)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("NoLeaksTest.lose");
    }

    private static void lose() {
        ByteBufAllocator.DEFAULT.directBuffer(16).writeByte(1);
    }
}
