package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * How the samples of a run are taken.
 *
 * @param warmUp before the first sample of a process at a work, while its code has yet to be compiled for it
 * @param length of a sample
 * @param tries how often a sample is taken beside which something else ran; the least disturbed one counts
 */
public record Sampling(WarmUp warmUp, Duration length, int tries) {
    /** Takes one. */
    interface Measuring {
        Sample measure() throws IOException, InterruptedException, TimeoutException;
    }

    Sample leastDisturbed(Measuring measuring) throws IOException, InterruptedException, TimeoutException {
        Sample least = measuring.measure();
        for (int i = 1; i < tries && least.isDisturbed() && least.failure() == null; i++) {
            Sample next = measuring.measure();
            if (next.failure() != null || next.otherCores() < least.otherCores()) least = next;
        }
        return least;
    }
}
