package dev.tidewire.verification.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tidewire.protocol.Inflation;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.protocol.deflate.DeflaterPool;
import dev.tidewire.protocol.deflate.Deflation;
import dev.tidewire.protocol.deflate.Zlib;
import dev.tidewire.verification.model.PlainInflater;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** Whatever is sent, with whatever parameters: {@link PlainInflater} and both of our own libraries get it back. */
class DeflaterFuzzTest {
    /** Cuts a message into fragments. */
    private static final int FRAGMENT_BYTES = 100;

    /** What the rest of the input is sent with. */
    private record Options(int flags, int level, int memoryLevel, int windowBits) {
        static Options of(Input input) {
            int flags = input.choice();
            int level = input.choice() % 10;
            int memoryLevel = 1 + input.choice() % 9;
            int windowBits = 8 + (input.choice() & 7);
            boolean jdk = (flags & 1) != 0;
            return new Options(
                    flags,
                    level,
                    memoryLevel,
                    Math.max(windowBits, Libraries.zlib(jdk).minWindowBits()));
        }

        Zlib zlib() {
            return Libraries.zlib((flags & 1) != 0);
        }

        boolean alone() {
            return (flags & 2) != 0;
        }

        boolean fromHeap() {
            return (flags & 4) != 0;
        }

        boolean inFragments() {
            return (flags & 8) != 0;
        }

        boolean restarts() {
            return (flags & 16) != 0;
        }

        boolean toHeap() {
            return (flags & 32) != 0;
        }

        DeflaterPool pool() {
            var policy = new DeflatePolicy(true, alone(), windowBits, true, 15, level, memoryLevel, 0);
            return new DeflaterPool(zlib(), policy, 0);
        }

        DeflateAgreement agreement() {
            return new DeflateAgreement(alone(), alone(), windowBits, windowBits, "");
        }
    }

    @FuzzTest(maxDuration = "10m")
    void whatGoesInComesOutAtAnyReceiver(byte[] data) {
        Input input = new Input(data);
        Options options = Options.of(input);
        PlainInflater plain = new PlainInflater(options.windowBits, !options.alone());
        try (DeflaterPool pool = options.pool();
                Deflation deflation = pool.open(options.agreement());
                Inflation system = Libraries.inflaters(false).open(options.agreement());
                Inflation jdk = Libraries.inflaters(true).open(options.agreement())) {
            while (!input.isEmpty()) {
                byte[] message = input.take(input.number());
                byte[] payload = deflated(message, deflation, options);
                assertThat(plain.inflate(payload)).isEqualTo(message);
                assertThat(inflated(payload, system)).isEqualTo(message);
                assertThat(inflated(payload, jdk)).isEqualTo(message);
                if (options.restarts()) deflation.restart();
            }
        }
        assertThat(options.zlib().liveContexts()).isLessThanOrEqualTo(Libraries.WINDOWS);
        Libraries.assertNothingIsHeld();
    }

    private static byte[] deflated(byte[] message, Deflation deflation, Options options) {
        ByteBuf out = options.toHeap() ? Libraries.ALLOCATOR.heapBuffer() : Libraries.ALLOCATOR.directBuffer();
        try {
            List<ByteBuf> fragments = fragments(message, options);
            for (int i = 0; i < fragments.size(); i++) {
                ByteBuf fragment = fragments.get(i);
                deflation.deflate(fragment, i == fragments.size() - 1, out);
                assertThat(fragment.isReadable()).isFalse();
                fragment.release();
            }
            return ByteBufUtil.getBytes(out);
        } finally {
            out.release();
        }
    }

    private static List<ByteBuf> fragments(byte[] message, Options options) {
        int most = options.inFragments() ? FRAGMENT_BYTES : Integer.MAX_VALUE;
        List<ByteBuf> fragments = new ArrayList<>();
        int at = 0;
        do {
            int count = Math.min(most, message.length - at);
            ByteBuf fragment = options.fromHeap()
                    ? Libraries.ALLOCATOR.heapBuffer(count)
                    : Libraries.ALLOCATOR.directBuffer(count);
            fragments.add(fragment.writeBytes(message, at, count));
            at += count;
        } while (at < message.length);
        return fragments;
    }

    private static byte[] inflated(byte[] payload, Inflation inflation) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuf in = Libraries.ALLOCATOR.directBuffer(payload.length).writeBytes(payload);
        try {
            inflation.inflate(in, true, piece -> out.writeBytes(ByteBufUtil.getBytes(piece)));
        } finally {
            in.release();
        }
        return out.toByteArray();
    }
}
