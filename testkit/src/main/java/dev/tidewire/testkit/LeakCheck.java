package dev.tidewire.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.joining;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Makes a Netty buffer that nobody released an error of the test that lost it, where Netty alone writes a line to the log
 * some time later.
 *
 * <p>{@link #install} comes first, before anything touches a buffer: Netty asks for its detector once. A JUnit extension is
 * two calls:
 *
 * <pre>{@code
 * final class NoLeaks implements AfterAllCallback {
 *     static {
 *         LeakCheck.install();
 *     }
 *
 *     public void afterAll(ExtensionContext context) {
 *         LeakCheck.assertNoLeaks();
 *     }
 * }
 * }</pre>
 *
 * <p>Leaks belong to the virtual machine, not to a thread, so tests that run at the same time share them.
 *
 * <p>Threads: any.
 */
public final class LeakCheck {
    /** Netty's own, for whoever measures: to track a buffer costs more than to use it. */
    private static final String LEVEL = "io.netty.leakDetection.level";

    private static final long PATIENCE_SECONDS = 10;
    private static final Queue<Leak> LEAKS = new ConcurrentLinkedQueue<>();
    private static final List<RecordingDetector<?>> DETECTORS = new CopyOnWriteArrayList<>();

    private LeakCheck() {}

    /**
     * A resource that became garbage before it was released.
     *
     * @param resource the kind of resource, such as {@code ByteBuf}
     * @param trace    where it was made and touched, as far as Netty recorded it
     */
    public record Leak(String resource, String trace) {}

    /**
     * Has Netty track every buffer from now on, or as many as {@code -Dio.netty.leakDetection.level} says, and report to this class.
     * More than once is as good as once.
     */
    public static void install() {
        if (System.getProperty(LEVEL) == null) ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        synchronized (LeakCheck.class) {
            if (ResourceLeakDetectorFactory.instance() instanceof RecordingFactory) return;
            ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new RecordingFactory());
        }
    }

    /**
     * Collects garbage and gives the leaks that came to light since the last call; those with one and the same
     * trace are given once.
     *
     * @throws IllegalStateException when {@link #install} was not called, or the virtual machine does not collect on request
     */
    public static List<Leak> findLeaks() {
        if (!(ResourceLeakDetectorFactory.instance() instanceof RecordingFactory)) {
            throw new IllegalStateException("LeakCheck.install() must be called before leaks can be found");
        }
        // References of one collection are queued one by one; when those of a second one are, all of the first have
        // been.
        collectGarbage();
        collectGarbage();
        DETECTORS.forEach(RecordingDetector::reportNow);
        List<Leak> found = new ArrayList<>();
        for (Leak leak = LEAKS.poll(); leak != null; leak = LEAKS.poll()) {
            found.add(leak);
        }
        return found;
    }

    /**
     * Collects garbage and fails when a resource leaked since the last call.
     *
     * @throws AssertionError with the trace of every leak
     * @throws IllegalStateException as {@link #findLeaks} does
     */
    public static void assertNoLeaks() {
        List<Leak> leaks = findLeaks();
        if (leaks.isEmpty()) return;
        throw new AssertionError(leaks.stream()
                .map(leak -> leak.resource() + " was never released: " + leak.trace())
                .collect(joining("\n\n", leaks.size() + " leaked\n", "")));
    }

    private static void collectGarbage() {
        ReferenceQueue<Object> collected = new ReferenceQueue<>();
        WeakReference<Object> canary = new WeakReference<>(new Object(), collected);
        long deadline = System.nanoTime() + SECONDS.toNanos(PATIENCE_SECONDS);
        try {
            do {
                System.gc();
                if (collected.remove(100) != null) return;
            } while (System.nanoTime() < deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Reference.reachabilityFence(canary);
        }
        throw new IllegalStateException("the virtual machine does not collect garbage on request");
    }

    /** Gives Netty our detectors. */
    private static final class RecordingFactory extends ResourceLeakDetectorFactory {
        @Override
        @SuppressWarnings("deprecation") // Netty deprecates the callers' side of it; a factory must implement it
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                Class<T> resource, int samplingInterval, long maxActive) {
            return newResourceLeakDetector(resource, samplingInterval);
        }

        @Override
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> resource, int samplingInterval) {
            RecordingDetector<T> detector = new RecordingDetector<>(resource, samplingInterval);
            DETECTORS.add(detector);
            return detector;
        }
    }

    /** Records what Netty's own detector would log. */
    private static final class RecordingDetector<T> extends ResourceLeakDetector<T> {
        RecordingDetector(Class<T> resource, int samplingInterval) {
            super(resource, samplingInterval);
        }

        /** Netty looks for leaks when it begins to track something, so it is given something. */
        @SuppressWarnings("unchecked") // what is tracked is only held weakly and never used as a T
        void reportNow() {
            T probe = (T) new Object();
            ResourceLeakTracker<T> tracker = trackForcibly(probe);
            tracker.close(probe);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String resource, String records) {
            LEAKS.add(new Leak(resource, records));
        }

        @Override
        protected void reportUntracedLeak(String resource) {
            LEAKS.add(new Leak(resource, "(no trace)"));
        }
    }
}
