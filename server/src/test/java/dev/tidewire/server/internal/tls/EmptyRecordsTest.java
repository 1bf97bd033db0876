package dev.tidewire.server.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EmptyRecordsTest {
    private static final long SECOND = 1_000_000_000;

    private final EmptyRecords records = new EmptyRecords();

    @Test
    void thirtyTwoMayComeAtOnce() {
        for (int i = 0; i < 32; i++) assertThat(records.allows(0, 0)).isTrue();

        assertThat(records.allows(0, 0)).isFalse();
    }

    @Test
    void oneMayComeEachSecondForEver() {
        for (int i = 0; i < 32; i++) assertThat(records.allows(27, 0)).isTrue();
        for (int second = 1; second < 100_000; second++) {
            assertThat(records.allows(27, second * SECOND)).isTrue();
        }
        assertThat(records.allows(27, 99_999 * SECOND + SECOND / 2)).isFalse();
    }

    @Test
    void silenceForgivesAllButNoMore() {
        for (int i = 0; i < 32; i++) assertThat(records.allows(0, 0)).isTrue();
        long later = 1000 * SECOND;
        for (int i = 0; i < 32; i++) assertThat(records.allows(0, later)).isTrue();

        assertThat(records.allows(0, later)).isFalse();
    }

    /** Thousands of changes of keys fit into one. */
    @Test
    void aLongRecordOfTheHandshakeCountsAsMany() {
        assertThat(records.allows(16_000, 0)).isFalse();
    }
}
