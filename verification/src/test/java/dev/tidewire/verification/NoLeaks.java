package dev.tidewire.verification;

import dev.tidewire.testkit.LeakCheck;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class that leaves a buffer unreleased. */
public final class NoLeaks implements AfterAllCallback {
    static {
        LeakCheck.install();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        LeakCheck.assertNoLeaks();
    }
}
