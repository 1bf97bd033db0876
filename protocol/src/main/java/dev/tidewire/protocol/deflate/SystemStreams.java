package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;

/** The system's zlib: every window and every memory level. */
final class SystemStreams implements Streams {
    /** With a window of 9 bits zlib refers back 250 bytes at most: {@code 512 - 262}, the longest match and a little. */
    private static final int MIN_ZLIB_DEFLATE_BITS = 9;

    private final String version = LibZ.version();

    @Override
    public String version() {
        return "zlib " + version;
    }

    /** 8, although zlib cannot: what it makes with 9 bits fits a window of 8. */
    @Override
    public int minDeflateWindowBits() {
        return DeflateAgreement.MIN_WINDOW_BITS;
    }

    @Override
    public DeflateStream deflate(int level, int windowBits, int memoryLevel) {
        return new Deflating(level, Math.max(windowBits, MIN_ZLIB_DEFLATE_BITS), memoryLevel);
    }

    @Override
    public InflateStream inflate(int windowBits) {
        return new Inflating(windowBits);
    }

    private static void require(boolean holds, ZStream stream, String function, int result) {
        if (!holds) {
            stream.free();
            throw failure(function, result);
        }
    }

    private static Error failure(String function, int result) {
        return result == LibZ.MEM_ERROR
                ? new OutOfMemoryError("no native memory for " + function)
                : new AssertionError(function + " of zlib returned " + result);
    }

    private static final class Deflating implements DeflateStream {
        private final ZStream stream = new ZStream();

        Deflating(int level, int windowBits, int memoryLevel) {
            int result = LibZ.deflateInit(stream.memory(), level, -windowBits, memoryLevel);
            require(result == LibZ.OK, stream, "deflateInit2", result);
        }

        @Override
        public void deflate(ByteBuf in, boolean flush, ByteBuf out) {
            stream.input(in);
            do {
                out.ensureWritable(MessageDeflater.LEAST_ROOM_BYTES);
                stream.output(out);
                int result = LibZ.deflate(stream.memory(), flush ? LibZ.SYNC_FLUSH : LibZ.NO_FLUSH);
                if (result != LibZ.OK && result != LibZ.BUF_ERROR) {
                    throw failure("deflate", result);
                }
                stream.given(out);
            } while (!out.isWritable());
            stream.taken(in);
        }

        @Override
        public void reset() {
            LibZ.deflateReset(stream.memory());
        }

        @Override
        public void close() {
            LibZ.deflateEnd(stream.memory());
            stream.free();
        }
    }

    private static final class Inflating implements InflateStream {
        /** In {@code data_type}: it is behind one block and before the next; the six lowest bits count unused ones. */
        private static final int BETWEEN_BLOCKS = 128;

        private final ZStream stream = new ZStream();

        Inflating(int windowBits) {
            int result = LibZ.inflateInit(stream.memory(), -windowBits);
            require(result == LibZ.OK, stream, "inflateInit2", result);
        }

        @Override
        public boolean inflate(ByteBuf in, ByteBuf out) {
            stream.input(in);
            stream.output(out);
            int result = LibZ.inflate(stream.memory(), LibZ.SYNC_FLUSH);
            stream.given(out);
            stream.taken(in);
            return switch (result) {
                case LibZ.OK, LibZ.BUF_ERROR -> false;
                case LibZ.STREAM_END -> true;
                case LibZ.DATA_ERROR, LibZ.NEED_DICT -> throw MessageInflater.violation();
                default -> throw failure("inflate", result);
            };
        }

        @Override
        public boolean isBetweenBlocks() {
            return stream.dataType() == BETWEEN_BLOCKS;
        }

        @Override
        public void restart() {
            LibZ.inflateResetKeep(stream.memory());
        }

        @Override
        public void reset() {
            LibZ.inflateReset(stream.memory());
        }

        @Override
        public void close() {
            LibZ.inflateEnd(stream.memory());
            stream.free();
        }
    }
}
