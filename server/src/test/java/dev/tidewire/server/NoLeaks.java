package dev.tidewire.server;

import dev.tidewire.testkit.LeakCheck;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class whose tests lost a buffer. */
final class NoLeaks implements AfterAllCallback {
    static {
        LeakCheck.install();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        LeakCheck.assertNoLeaks();
    }
}
