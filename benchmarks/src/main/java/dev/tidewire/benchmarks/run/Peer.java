package dev.tidewire.benchmarks.run;

import java.util.List;
import java.util.Set;

/**
 * A server to measure, as a program of its own.
 *
 * @param name what it is called on the command line and in results
 * @param works the keys of those it is measured at
 * @param quick that it is measured also when time is short
 * @param folder in {@code benchmarks/peers/}, of what is to be built first; empty for nothing
 */
public record Peer(String name, Set<String> works, boolean quick, String folder, Program program) {
    /** What it stands for in a comparison. */
    public enum Family {
        /** Tidewire in one of its modes. */
        OURS,
        /** No server for use. */
        FLOOR,
        JAVA,
        OTHER;

        /** Of the peer of that name. */
        public static Family of(String peer) {
            if (peer.startsWith(Peers.TIDEWIRE)) return OURS;
            return switch (peer) {
                case Peers.BARE -> FLOOR;
                case Peers.WS -> OTHER;
                default -> JAVA;
            };
        }
    }

    /** How it is started. */
    interface Program {
        /** The command that serves on {@code port} of the loopback. */
        List<String> command(Setup setup, int port);
    }

    public boolean does(Work work) {
        return works.contains(work.key());
    }

    /** True for one that {@code jcmd} can ask. */
    boolean isJvm() {
        return Family.of(name) != Family.OTHER;
    }
}
