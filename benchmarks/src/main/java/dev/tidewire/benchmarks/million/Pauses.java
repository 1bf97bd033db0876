package dev.tidewire.benchmarks.million;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/** How long the garbage collector stops everything. Work it does beside the program is not counted. */
final class Pauses {
    private static final String BESIDE = "Concurrent";
    /** Ours, between the steps, to see what lives. */
    private static final String ASKED_FOR = "System.gc()";

    private int count;
    private long sumMillis;
    private long longestMillis;

    /** Listens from now on. */
    static Pauses observed() {
        Pauses pauses = new Pauses();
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector instanceof NotificationEmitter emitter
                    && !collector.getName().contains(BESIDE)) {
                emitter.addNotificationListener((notification, _) -> pauses.add(notification), null, null);
            }
        }
        return pauses;
    }

    /** What there was since the last time, in words. */
    synchronized String take() {
        String words = count + ", " + sumMillis + " ms, longest " + longestMillis;
        count = 0;
        sumMillis = 0;
        longestMillis = 0;
        return words;
    }

    private synchronized void add(Notification notification) {
        if (!(notification.getUserData() instanceof CompositeData data)) return;
        GarbageCollectionNotificationInfo info = GarbageCollectionNotificationInfo.from(data);
        if (info.getGcCause().equals(ASKED_FOR)) return;
        long millis = info.getGcInfo().getDuration();
        count++;
        sumMillis += millis;
        longestMillis = Math.max(longestMillis, millis);
    }
}
