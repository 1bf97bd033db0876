package dev.tidewire.benchmarks;

import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.protocol.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Time and allocation for each masked client message read out of a direct buffer, 32 of them in one read. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class MessageReaderBenchmark {
    private static final int MESSAGES = 32;
    private static final int MASK_KEY = 0x37FA213D;

    /** Payload of each message. */
    @Param({"20", "128", "1024", "16384"})
    public int payloadBytes;

    /** Text is checked for UTF-8. */
    @Param({"TEXT", "BINARY"})
    public Opcode opcode = Opcode.TEXT;

    private ByteBuf in = Unpooled.EMPTY_BUFFER;
    private final MessageReader reader = new MessageReader(new MessageReader.Limits(1 << 20, 1 << 20, 0), true);

    /** Writes what a client would. */
    @Setup
    public void write() {
        byte[] payload = new byte[payloadBytes];
        Arrays.fill(payload, (byte) 'a');
        in = Unpooled.directBuffer();
        for (int i = 0; i < MESSAGES; i++) {
            FrameWriter.writeMasked(in, opcode, true, false, payload, MASK_KEY);
        }
    }

    /** Frees the buffer. */
    @TearDown
    public void release() {
        in.release();
    }

    /** Reads all messages. */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public void read(Blackhole blackhole) {
        in.readerIndex(0);
        reader.read(in, new MessageReader.Sink() {
            @Override
            public void message(Opcode opcode, byte[] payload) {
                blackhole.consume(payload);
            }

            @Override
            public void ping(byte[] payload) {
                blackhole.consume(payload);
            }

            @Override
            public void pong(byte[] payload) {
                blackhole.consume(payload);
            }

            @Override
            public void close(int code, String reason) {
                blackhole.consume(code);
            }
        });
    }
}
