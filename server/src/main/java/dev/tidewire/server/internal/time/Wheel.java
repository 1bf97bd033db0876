package dev.tidewire.server.internal.time;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Nodes by the tick they are due at; adding and removing one takes a fixed small effort, however many there are.
 *
 * <p>A hierarchy of wheels with 64 slots each: a slot of the lowest level holds the nodes of one tick, of the next level those
 * of 64 ticks, and so on. A node goes to the level of the highest digit, to the base of 64, in which its tick differs from
 * the present. When the present enters a slot of a higher level, the nodes there move down. So all nodes of a level share
 * the digits above it with the present, and the first slot in use of the lowest level in use is the next one.
 *
 * <p>Threads: one.
 */
final class Wheel {
    /** No tick at all. */
    static final long NEVER = Long.MAX_VALUE;

    private static final int BITS = 6;
    private static final int SLOTS = 1 << BITS;
    private static final int LEVELS = 7;
    /** The last tick that the levels reach. */
    private static final long LAST = (1L << (BITS * LEVELS)) - 1;

    private final @Nullable Node[] firsts = new Node[LEVELS * SLOTS];
    /** One bit for each slot that is in use. */
    private final long[] used = new long[LEVELS];

    private long present;

    /** Adds a node that is due at {@code tick}: at the next tick when that is past. */
    void add(Node node, long tick) {
        assert node.slot < 0 : "the node is in a wheel already";
        node.tick = Math.clamp(tick, present + 1, LAST);
        link(node);
    }

    /** Takes a node out; nothing happens when it is in no wheel. */
    void remove(Node node) {
        if (node.slot < 0) return;
        Node next = node.next;
        Node previous = node.previous;
        if (next != null) next.previous = previous;
        if (previous != null) {
            previous.next = next;
        } else {
            firsts[node.slot] = next;
            if (next == null) used[node.slot / SLOTS] &= ~(1L << (node.slot % SLOTS));
        }
        node.next = null;
        node.previous = null;
        node.slot = -1;
    }

    /** Takes out one node that is due by {@code tick}, the earliest first; null when there is none. */
    @Nullable
    Node poll(long tick) {
        for (int level = lowest(); level < LEVELS; level = lowest()) {
            int slot = Long.numberOfTrailingZeros(used[level]);
            long begin = begin(level, slot);
            if (begin > tick) break;
            present = begin;
            Node first = Objects.requireNonNull(firsts[level * SLOTS + slot]);
            if (level == 0) {
                remove(first);
                return first;
            }
            moveDown(first);
        }
        present = Math.max(present, Math.min(tick, LAST - 1));
        return null;
    }

    /** When to poll next, which may be before a node is due; {@link #NEVER} when there is none. */
    long next() {
        int level = lowest();
        return level == LEVELS ? NEVER : begin(level, Long.numberOfTrailingZeros(used[level]));
    }

    private int lowest() {
        int level = 0;
        while (level < LEVELS && used[level] == 0) level++;
        return level;
    }

    /** The first tick of a slot: the present with this digit there, and nothing below. */
    private long begin(int level, int slot) {
        int above = BITS * (level + 1);
        return ((present >>> above) << above) | ((long) slot << (BITS * level));
    }

    private void moveDown(Node first) {
        for (@Nullable Node node = first; node != null; ) {
            Node next = node.next;
            remove(node);
            link(node);
            node = next;
        }
    }

    private void link(Node node) {
        long difference = node.tick ^ present;
        int level = difference == 0 ? 0 : (63 - Long.numberOfLeadingZeros(difference)) / BITS;
        int digit = (int) (node.tick >>> (BITS * level)) & (SLOTS - 1);
        int slot = level * SLOTS + digit;
        Node next = firsts[slot];
        node.next = next;
        if (next != null) next.previous = node;
        firsts[slot] = node;
        node.slot = slot;
        used[level] |= 1L << digit;
    }

    /** What can be in a wheel, in one at a time. */
    abstract static class Node {
        private @Nullable Node previous;
        private @Nullable Node next;
        private long tick;
        private int slot = -1;

        /** Called on the wheel's thread when it is due, and taken out. */
        protected abstract void due();
    }
}
