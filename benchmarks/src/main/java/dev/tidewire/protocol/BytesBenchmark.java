package dev.tidewire.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What is done to every byte: masking, and checking UTF-8. In the package of what it measures, which others cannot see. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class BytesBenchmark {
    private static final int MASK_KEY = 0x37FA213D;

    /** Payload bytes. */
    @Param({"20", "128", "1024", "16384", "1048576"})
    public int payloadBytes;

    private byte[] masked = {};
    private byte[] ascii = {};
    private byte[] mixed = {};
    private ByteBuf direct = Unpooled.EMPTY_BUFFER;

    /** Makes the payloads. */
    @Setup
    public void fill() {
        ascii = new byte[payloadBytes];
        Arrays.fill(ascii, (byte) 'a');
        masked = ascii.clone();
        byte[] letters = "aé日😀".getBytes(StandardCharsets.UTF_8);
        mixed = new byte[payloadBytes / letters.length * letters.length];
        for (int i = 0; i < mixed.length; i++) {
            mixed[i] = letters[i % letters.length];
        }
        direct = Unpooled.directBuffer(payloadBytes).writeBytes(ascii);
    }

    /** Frees the buffer. */
    @TearDown
    public void release() {
        direct.release();
    }

    /** In place, in the heap. */
    @Benchmark
    public byte[] maskArray() {
        Masking.apply(masked, 0, masked.length, MASK_KEY, 0);
        return masked;
    }

    /** In place, outside the heap. */
    @Benchmark
    public ByteBuf maskBuffer() {
        Masking.apply(direct, 0, payloadBytes, MASK_KEY, 0);
        return direct;
    }

    /** One byte for each letter. */
    @Benchmark
    public boolean utf8OfAscii() {
        return Utf8.isValid(ascii);
    }

    /** One to four bytes for each letter. */
    @Benchmark
    public boolean utf8OfMixed() {
        return Utf8.isValid(mixed);
    }
}
