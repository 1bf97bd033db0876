package dev.tidewire.server.internal.limits;

import static dev.tidewire.server.internal.Interleavings.explore;
import static dev.tidewire.server.internal.Interleavings.require;
import static dev.tidewire.server.internal.Interleavings.shared;
import static dev.tidewire.server.internal.Interleavings.together;

import dev.tidewire.server.internal.Interleavings;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Interleavings.TAG)
class AdmissionInterleavingsTest {
    private static final long A = 1;
    private static final long B = 2;

    @Test
    void ofTwoThatComeForTheLastPlaceOneIsAdmitted() {
        explore(() -> {
            Admission admission = shared(new Admission(2, 0, 0, () -> 0));
            admission.admit(A);
            AtomicInteger admitted = new AtomicInteger();

            together(() -> come(admission, A, admitted), () -> come(admission, B, admitted));

            require(admitted.get() == 1, "one of them");
            require(admission.count() == 2, "counted");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void ofOneAddressNoMoreAreAdmittedThanMayAndNoneIsCountedForEver() {
        explore(() -> {
            Admission admission = shared(new Admission(0, 1, 0, () -> 0));
            admission.admit(A);
            admission.admit(B);
            AtomicInteger admitted = new AtomicInteger();

            together(() -> admission.release(A), () -> come(admission, A, admitted), () -> {
                if (admission.move(B, A)) admitted.incrementAndGet();
                else admission.release(B);
            });

            require(admitted.get() <= 1, "one of them at most");
            require(admission.count() == admitted.get() && admission.addresses() == admitted.get(), "counted");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void ofTwoThatComeInTheSameMomentTheRateLetsOneIn() {
        explore(() -> {
            Admission admission = shared(new Admission(0, 0, 1, () -> 0));
            AtomicInteger admitted = new AtomicInteger();

            together(() -> come(admission, A, admitted), () -> come(admission, B, admitted));

            require(admitted.get() == 1 && admission.count() == 1, "one of them");
        });
    }

    private static void come(Admission admission, long address, AtomicInteger admitted) {
        if (admission.admit(address) == null) admitted.incrementAndGet();
    }
}
