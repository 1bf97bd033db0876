package dev.tidewire.benchmarks.million;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.nio.channels.spi.AbstractSelector;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;

/** Finds channels that are ready without looking at those that are not. One thread selects; others signal. */
final class MemorySelector extends AbstractSelector {
    private final Queue<Key> signalled = new ConcurrentLinkedQueue<>();
    private final Semaphore wakeUps = new Semaphore(0);
    /** In no order; each key knows its place. */
    private final List<Key> keys = new ArrayList<>();

    private final Set<SelectionKey> selected = new HashSet<>();

    MemorySelector(MemoryNetwork network) {
        super(network);
    }

    /** A channel that can say what it is ready for. */
    interface Source {
        int readyOps();

        void registered(Key key);
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
        Key key = new Key(this, channel, keys.size());
        keys.add(key);
        key.attach(attachment);
        key.interestOps(ops);
        key.source().registered(key);
        key.signal();
        return key;
    }

    @Override
    public Set<SelectionKey> keys() {
        return new Keys();
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        return selected;
    }

    @Override
    public int selectNow() {
        return collect();
    }

    @Override
    public int select() {
        return select(Long.MAX_VALUE);
    }

    @Override
    public int select(long timeoutMillis) {
        int ready = collect();
        if (ready > 0) return ready;
        try {
            boolean woken =
                    wakeUps.tryAcquire(timeoutMillis == 0 ? Long.MAX_VALUE : timeoutMillis, TimeUnit.MILLISECONDS);
            if (woken) wakeUps.drainPermits();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return collect();
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeoutMillis) {
        throw new UnsupportedOperationException("the selected keys are to be taken from their set");
    }

    @Override
    public Selector wakeup() {
        if (wakeUps.availablePermits() == 0) wakeUps.release();
        return this;
    }

    @Override
    protected void implCloseSelector() {
        wakeup();
    }

    /** Level-triggered: a key that was ready is looked at again, until it is not. */
    private int collect() {
        removeCancelled();
        for (int left = signalled.size(); left > 0; left--) {
            Key key = signalled.poll();
            if (key == null) break;
            key.taken();
            if (key.isValid() && key.becomesReady()) selected.add(key);
        }
        return selected.size();
    }

    private void removeCancelled() {
        Set<SelectionKey> cancelled = cancelledKeys();
        synchronized (cancelled) {
            for (SelectionKey key : cancelled) {
                remove((Key) key);
            }
            cancelled.clear();
        }
    }

    private void remove(Key key) {
        Key last = keys.removeLast();
        if (last.place != key.place) {
            keys.set(key.place, last);
            last.place = key.place;
        }
        selected.remove(key);
        deregister(key);
    }

    /** A channel at this selector. */
    static final class Key extends AbstractSelectionKey {
        private static final AtomicIntegerFieldUpdater<Key> SIGNALLED =
                AtomicIntegerFieldUpdater.newUpdater(Key.class, "isSignalled");

        private final MemorySelector selector;
        private final AbstractSelectableChannel channel;
        private volatile int interest;
        private volatile int isSignalled;
        private int ready;
        private int place;

        private Key(MemorySelector selector, AbstractSelectableChannel channel, int place) {
            this.selector = selector;
            this.channel = channel;
            this.place = place;
        }

        /** Its channel may have become ready. Any thread may say so. */
        void signal() {
            if (SIGNALLED.compareAndSet(this, 0, 1)) {
                selector.signalled.add(this);
                selector.wakeup();
            }
        }

        private void taken() {
            isSignalled = 0;
        }

        private boolean becomesReady() {
            ready = source().readyOps() & interest;
            if (ready != 0 && SIGNALLED.compareAndSet(this, 0, 1)) selector.signalled.add(this);
            return ready != 0;
        }

        private Source source() {
            return (Source) channel;
        }

        @Override
        public SelectableChannel channel() {
            return channel;
        }

        @Override
        public Selector selector() {
            return selector;
        }

        @Override
        public int interestOps() {
            return interest;
        }

        @Override
        public SelectionKey interestOps(int ops) {
            interest = ops;
            signal();
            return this;
        }

        @Override
        public int readyOps() {
            return ready;
        }
    }

    private final class Keys extends AbstractSet<SelectionKey> {
        @Override
        public Iterator<SelectionKey> iterator() {
            return List.<SelectionKey>copyOf(keys).iterator();
        }

        @Override
        public int size() {
            return keys.size();
        }
    }
}
