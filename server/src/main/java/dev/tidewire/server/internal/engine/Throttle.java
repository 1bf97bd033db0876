package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.server.internal.limits.Pace;
import dev.tidewire.server.internal.time.Deadline;
import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.server.options.OverRate;
import org.jspecify.annotations.Nullable;

/**
 * Holds one connection to what it may send in a second, with a token bucket for messages and one for bytes.
 *
 * <p>It reads no clock: it takes the time that was noted with the read. One read is always taken whole, but for
 * HTTP requests behind those that may wait, so when reading is paused, that is for as long as the average needs to be right again.
 *
 * <p>Threads: the connection's loop.
 */
final class Throttle extends Deadline {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    private final Connection connection;
    private final LoopTime time;
    private final RateLimits limits;
    private final @Nullable Pace messages;
    private final @Nullable Pace bytes;
    /** When each bucket is full again. */
    private long messagesFullAt;

    private long bytesFullAt;
    private boolean paused;

    Throttle(Connection connection, LoopTime time, RateLimits limits) {
        super(time);
        this.connection = connection;
        this.time = time;
        this.limits = limits;
        messages = limits.messagesPerSecond() == 0 ? null : Pace.of(limits.messagesPerSecond());
        bytes = limits.bytesPerSecond() == 0 ? null : Pace.of(limits.bytesPerSecond());
        messagesFullAt = time.now();
        bytesFullAt = messagesFullAt;
    }

    /** One message came; false when it is one too many and is not to be handled, for the connection ends. */
    boolean message() {
        if (messages == null) return true;
        long now = time.now();
        messagesFullAt = messages.after(messagesFullAt, now, 1);
        return messages.debt(messagesFullAt, now) <= 0
                || takesMore("maxMessagesPerSecond", "messages", limits.messagesPerSecond());
    }

    /** Bytes came. */
    void bytes(int count) {
        if (bytes == null) return;
        long now = time.now();
        bytesFullAt = bytes.after(bytesFullAt, now, count);
        if (bytes.debt(bytesFullAt, now) > 0) takesMore("maxBytesPerSecond", "bytes", limits.bytesPerSecond());
    }

    private boolean takesMore(String option, String what, int perSecond) {
        if (limits.over() == OverRate.CLOSE) {
            met(option);
            connection.overRate("more than " + perSecond + ' ' + what + " per second");
            return false;
        }
        if (!paused) {
            met(option);
            paused = true;
            connection.pauseReading(Connection.Pause.RATE);
            // Looked at once the read is over: until then the debt may still grow.
            arm(1);
        }
        return true;
    }

    private void met(String option) {
        connection.counters().count("limit." + option);
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=over_rate limit=" + option);
    }

    @Override
    protected void due() {
        long now = time.refresh();
        long debt = Math.max(debt(messages, messagesFullAt, now), debt(bytes, bytesFullAt, now));
        if (debt > 0) {
            arm(debt);
        } else {
            paused = false;
            connection.resumeReading(Connection.Pause.RATE);
        }
    }

    private static long debt(@Nullable Pace pace, long fullAt, long now) {
        return pace == null ? 0 : pace.debt(fullAt, now);
    }
}
