package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.internal.time.Deadline;
import dev.tidewire.server.internal.time.LoopTime;

/**
 * Watches over one connection: asks a silent peer whether it is there, and ends the connection when it has been silent or has
 * lasted for too long.
 *
 * <p>It is one deadline that looks when the first of these could be due, and only then at what has come in meanwhile: what comes in
 * costs nothing but the time that is noted with it. Nobody is ended at first sight: a loop that was held up finds its
 * deadlines due before it reads what has come meanwhile, so it looks again after that.
 *
 * <p>Threads: the connection's loop.
 */
final class Vigil extends Deadline {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    private static final long SECOND_LOOK_NANOS = 1;

    private final Connection connection;
    private final LifeLimits limits;
    private final LoopTime time;
    private final long lifetimeNanos;
    /** When the peer's silence began to count, if it was not heard since. */
    private long attentiveSince;

    private boolean secondLook;
    private boolean retired;

    /** True while a ping is unanswered, sent at {@code asked}. */
    private boolean awaiting;

    private long asked;
    /** True when the ping could not be sent, for the socket takes no more: taking some is then the sign of life. */
    private boolean blocked;

    private long takenMark;

    Vigil(Connection connection, LifeLimits limits, LoopTime time) {
        super(time);
        this.connection = connection;
        this.limits = limits;
        this.time = time;
        attentiveSince = time.now();
        lifetimeNanos = limits.lifetimeOf(connection.fd());
    }

    /** Looks now, and from then on when something may be due. */
    void look() {
        due();
    }

    /** The socket is read again: what was not read until now was not the peer's silence. */
    void resumed() {
        attentiveSince = time.refresh();
    }

    @Override
    protected void due() {
        Conversation conversation = connection.conversation();
        if (retired || conversation == null || !connection.isOpen()) return;
        long now = time.refresh();
        if (connection.isPaused() || conversation.isOurTurn()) attentiveSince = now;

        long age = now - connection.traffic().connectedNanos;
        if (limits.lifetimeNanos() > 0 && age >= lifetimeNanos) {
            retire(conversation, "maxLifetime", "the connection has lasted as long as it may");
            return;
        }
        long wait = limits.lifetimeNanos() > 0 ? lifetimeNanos - age : Long.MAX_VALUE;
        long unheard = now - heardAt();
        if (!connection.isSpared()) {
            long silence = left(limits.silenceNanos(), unheard);
            long idle = left(limits.idleNanos(), Math.min(unheard, now - connection.traffic().lastSentNanos));
            if (silence <= 0 && isSecondLook()) {
                retire(conversation, "heartbeatIdleTime", "nothing was heard for too long");
                return;
            }
            if (idle <= 0 && isSecondLook()) {
                retire(conversation, "maxIdleTime", "the connection was idle for too long");
                return;
            }
            wait = Math.min(wait, Math.min(silence, idle));
        }
        if (limits.pingNanos() > 0
                && conversation instanceof Pinging pinging
                && pinging.status() == WebSocketStatus.ESTABLISHED) {
            wait = Math.min(wait, untilNextPing(pinging, now, unheard));
        }
        // What is overdue has its second look; what is not, none.
        secondLook = wait <= 0;
        if (wait < Long.MAX_VALUE && !retired) arm(Math.max(wait, SECOND_LOOK_NANOS));
    }

    /** Pings when that is due; gives how long nothing more is to be done, 0 or less when the peer seems to be gone. */
    private long untilNextPing(Pinging pinging, long now, long unheard) {
        if (awaiting && heardAt() - asked >= 0) awaiting = false;
        if (!awaiting) {
            if (unheard < limits.pingNanos()) return limits.pingNanos() - unheard;
            ask(pinging, now);
            return untilNextLook(limits.pongNanos());
        }
        long left = limits.pongNanos() - (now - asked);
        if (left > 0) return untilNextLook(left);
        boolean alive =
                connection.isSpared() || (blocked && connection.outbound().takenMark() != takenMark);
        if (alive) {
            ask(pinging, now);
            return untilNextLook(limits.pongNanos());
        }
        if (isSecondLook()) lose(pinging);
        return left;
    }

    /** An answer ends the waiting unseen, and then the next ping is due before the waiting would have been over. */
    private long untilNextLook(long left) {
        return Math.min(left, limits.pingNanos());
    }

    private void ask(Pinging pinging, long now) {
        awaiting = true;
        asked = now;
        connection.outbound().handOver(); // what is handed over later would look as if the peer had taken it
        blocked = connection.outbound().isUnderWay();
        takenMark = connection.outbound().takenMark();
        if (!blocked) pinging.ping();
    }

    private void lose(Pinging pinging) {
        retired = true;
        connection.counters().count("limit.pongTimeout");
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=peer_lost");
        pinging.lost();
    }

    private void retire(Conversation conversation, String option, String why) {
        retired = true;
        connection.counters().count("limit." + option);
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=retired limit=" + option);
        conversation.retire(why);
    }

    private boolean isSecondLook() {
        return secondLook;
    }

    private long heardAt() {
        long received = connection.traffic().lastReceivedNanos;
        return received - attentiveSince > 0 ? received : attentiveSince;
    }

    private static long left(long limit, long spent) {
        return limit == 0 ? Long.MAX_VALUE : limit - spent;
    }
}
