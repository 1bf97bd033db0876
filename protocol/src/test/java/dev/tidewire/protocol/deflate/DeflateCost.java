package dev.tidewire.protocol.deflate;

import dev.tidewire.protocol.Inflation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Prints what compression costs here: time for messages of 1 KiB of JSON, and process memory for a thousand contexts (Linux).
 * The figures of ADR-0010 come from it.
 */
final class DeflateCost {
    private static final int MESSAGES = 64;
    private static final int ROUNDS = 300;
    private static final int CONTEXTS = 1000;

    private static final List<byte[]> JSON = messages();

    private DeflateCost() {}

    /** Run with {@code --enable-native-access=ALL-UNNAMED}. */
    public static void main(String[] arguments) throws Exception {
        System.out.println("library, level, context takeover: deflate us, bytes, inflate us");
        for (int level : new int[] {1, 6}) {
            for (boolean takeover : new boolean[] {false, true}) {
                for (Zlib zlib : List.of(Zlib.system().orElseThrow(), Zlib.jdk())) {
                    printTime(zlib, level, takeover);
                }
                printPlainTime(level, takeover);
            }
        }
        Zlib zlib = Zlib.system().orElseThrow();
        System.out.println("window bits / memory level: KiB of a used deflater; window bits: KiB of a used inflater");
        for (int[] size : new int[][] {{15, 8}, {15, 1}, {12, 5}, {10, 3}, {9, 1}}) {
            System.out.printf("%d/%d: %.1f%n", size[0], size[1], deflaterKibibytes(zlib, size[0], size[1]));
        }
        for (int bits : new int[] {15, 12, 10, 9, 8}) {
            System.out.printf("%d: %.1f%n", bits, inflaterKibibytes(zlib, bits));
        }
    }

    private static void printTime(Zlib zlib, int level, boolean takeover) {
        var policy = new DeflatePolicy(true, !takeover, 15, !takeover, 15, level, 8, 0);
        var agreement = new DeflateAgreement(!takeover, !takeover, 15, 15, "");
        ByteBuf in = PooledByteBufAllocator.DEFAULT.directBuffer();
        ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer();
        try (DeflaterPool deflaters = new DeflaterPool(zlib, policy, 1);
                InflaterPool inflaters = new InflaterPool(zlib, 1);
                Deflation deflation = deflaters.open(agreement);
                Inflation inflation = inflaters.open(agreement)) {
            long deflating = Long.MAX_VALUE;
            long inflating = Long.MAX_VALUE;
            long bytes = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long deflated = 0;
                long inflated = 0;
                bytes = 0;
                for (byte[] message : JSON) {
                    in.clear().writeBytes(message);
                    out.clear();
                    long start = System.nanoTime();
                    deflation.deflate(in, true, out);
                    long middle = System.nanoTime();
                    bytes += out.readableBytes();
                    long again = System.nanoTime();
                    inflation.inflate(out, true, piece -> {});
                    inflated += System.nanoTime() - again;
                    deflated += middle - start;
                }
                deflating = Math.min(deflating, deflated);
                inflating = Math.min(inflating, inflated);
            }
            print(zlib.version(), level, takeover, deflating, bytes, inflating);
        }
        in.release();
        out.release();
    }

    /** The JDK's classes by themselves, on arrays, as the least that one could do with them. */
    private static void printPlainTime(int level, boolean takeover) throws DataFormatException {
        Deflater deflater = new Deflater(level, true);
        Inflater inflater = new Inflater(true);
        byte[] out = new byte[4096];
        byte[] back = new byte[4096];
        long deflating = Long.MAX_VALUE;
        long inflating = Long.MAX_VALUE;
        long bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long deflated = 0;
            long inflated = 0;
            bytes = 0;
            for (byte[] message : JSON) {
                long start = System.nanoTime();
                deflater.setInput(message);
                int count = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
                if (!takeover) {
                    deflater.reset();
                }
                long middle = System.nanoTime();
                inflater.setInput(out, 0, count);
                inflater.inflate(back);
                if (!takeover) {
                    inflater.reset();
                }
                inflated += System.nanoTime() - middle;
                deflated += middle - start;
                bytes += count - 4;
            }
            deflating = Math.min(deflating, deflated);
            inflating = Math.min(inflating, inflated);
        }
        deflater.end();
        inflater.end();
        print("plain java.util.zip", level, takeover, deflating, bytes, inflating);
    }

    private static void print(String what, int level, boolean takeover, long deflating, long bytes, long inflating) {
        System.out.printf(
                "%s, %d, %s: %.1f, %d, %.1f%n",
                what, level, takeover, deflating / 1000.0 / MESSAGES, bytes / MESSAGES, inflating / 1000.0 / MESSAGES);
    }

    /** Closes nothing: what is freed would be used again, and the next figure would be too small. */
    private static double deflaterKibibytes(Zlib zlib, int windowBits, int memoryLevel) throws IOException {
        ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer(1 << 20);
        byte[] message = Samples.json(200_000);
        long before = residentKibibytes();
        for (int i = 0; i < CONTEXTS; i++) {
            MessageDeflater deflater = zlib.deflater(6, windowBits, memoryLevel);
            deflater.deflate(Buffers.wrap(message), true, out.clear());
        }
        long after = residentKibibytes();
        out.release();
        return (after - before) / (double) CONTEXTS;
    }

    /** Closes nothing, like the one before. */
    private static double inflaterKibibytes(Zlib zlib, int windowBits) throws IOException {
        ByteBuf payload = PooledByteBufAllocator.DEFAULT.directBuffer(1 << 20);
        MessageDeflater deflater = zlib.deflater(6, windowBits, 8);
        deflater.deflate(Buffers.wrap(Samples.json(200_000)), true, payload);
        deflater.close();
        long before = residentKibibytes();
        for (int i = 0; i < CONTEXTS; i++) {
            MessageInflater inflater = zlib.inflater(windowBits);
            inflater.inflate(payload.readerIndex(0), true, piece -> {});
        }
        long after = residentKibibytes();
        payload.release();
        return (after - before) / (double) CONTEXTS;
    }

    private static long residentKibibytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no VmRSS");
    }

    /** Each differs from the others in its numbers, as messages of one application do. */
    private static List<byte[]> messages() {
        List<byte[]> messages = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            messages.add(Samples.json(1024 + i));
        }
        return messages;
    }
}
