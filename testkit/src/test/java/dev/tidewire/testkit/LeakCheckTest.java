package dev.tidewire.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LeakCheckTest {
    private static ResourceLeakDetector<Resource> detector;

    @BeforeAll
    static void install() {
        LeakCheck.install();
        detector = ResourceLeakDetectorFactory.instance().newResourceLeakDetector(Resource.class);
    }

    @Test
    void findsAResourceThatWasDroppedUnreleased() {
        drop();

        assertThatThrownBy(LeakCheck::assertNoLeaks)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Resource was never released");
    }

    @Test
    void reportsALeakOnce() {
        drop();

        assertThat(LeakCheck.findLeaks()).hasSize(1);
        assertThat(LeakCheck.findLeaks()).isEmpty();
    }

    @Test
    void hasNothingToSayOfAResourceThatWasReleased() {
        Resource resource = new Resource();
        detector.track(resource).close(resource);

        LeakCheck.assertNoLeaks();
    }

    @Test
    void hasNothingToSayOfAResourceInUse() {
        Resource resource = new Resource();
        ResourceLeakTracker<Resource> tracker = detector.track(resource);

        LeakCheck.assertNoLeaks();
        tracker.close(resource);
    }

    @Test
    void leavesTheLevelToWhoeverSetIt() {
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        String said = System.setProperty("io.netty.leakDetection.level", "disabled");
        try {
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED); // as Netty does by itself
            LeakCheck.install();

            assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.DISABLED);
        } finally {
            ResourceLeakDetector.setLevel(level);
            if (said == null) {
                System.clearProperty("io.netty.leakDetection.level");
            } else {
                System.setProperty("io.netty.leakDetection.level", said);
            }
        }
    }

    /** Out of the test's own frame, so that nothing on its stack keeps the resource alive. */
    private static void drop() {
        detector.track(new Resource()).record("held by a test");
    }

    private static final class Resource {}
}
