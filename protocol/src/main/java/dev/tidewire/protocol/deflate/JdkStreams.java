package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** {@code java.util.zip}: always there, but with windows of 32 KiB and a memory level of 8 only. */
final class JdkStreams implements Streams {
    private static final boolean RAW = true;

    @Override
    public String version() {
        return "java.util.zip";
    }

    @Override
    public int minDeflateWindowBits() {
        return DeflateAgreement.MAX_WINDOW_BITS;
    }

    @Override
    public DeflateStream deflate(int level, int windowBits, int memoryLevel) {
        return new Deflating(level);
    }

    /** Ignores the window: a larger one than the peer's does no harm. */
    @Override
    public InflateStream inflate(int windowBits) {
        return new Inflating();
    }

    private static final class Deflating implements DeflateStream {
        private final Deflater deflater;

        Deflating(int level) {
            deflater = new Deflater(level, RAW);
        }

        @Override
        public void deflate(ByteBuf in, boolean flush, ByteBuf out) {
            deflater.setInput(in.nioBuffer());
            int flushMode = flush ? Deflater.SYNC_FLUSH : Deflater.NO_FLUSH;
            do {
                out.ensureWritable(MessageDeflater.LEAST_ROOM_BYTES);
                int room = out.writableBytes();
                int written = deflater.deflate(out.internalNioBuffer(out.writerIndex(), room), flushMode);
                out.writerIndex(out.writerIndex() + written);
            } while (!out.isWritable());
            in.skipBytes(in.readableBytes());
        }

        @Override
        public void reset() {
            deflater.reset();
        }

        @Override
        public void close() {
            deflater.end();
        }
    }

    /** This library keeps no window behind a final block, and does not tell where a block ends: both is done here. */
    private static final class Inflating implements InflateStream {
        private final Inflater inflater = new Inflater(RAW);
        private final History history = new History();
        private final byte[] answer = new byte[EndOfBlock.ANSWER_BYTES + 1];
        private boolean askedForEnd;

        @Override
        public boolean inflate(ByteBuf in, ByteBuf out) {
            if (askedForEnd) {
                restart();
            }
            inflater.setInput(in.nioBuffer());
            int written = inflateInto(out);
            history.append(out, out.writerIndex(), written);
            out.writerIndex(out.writerIndex() + written);
            in.readerIndex(in.writerIndex() - inflater.getRemaining());
            return inflater.finished();
        }

        private int inflateInto(ByteBuf out) {
            try {
                int written = inflater.inflate(out.internalNioBuffer(out.writerIndex(), out.writableBytes()));
                if (inflater.needsDictionary()) {
                    throw MessageInflater.violation();
                }
                return written;
            } catch (DataFormatException notDeflate) {
                throw MessageInflater.violation(); // the peer's doing: which byte it was helps nobody here
            }
        }

        @Override
        public boolean isBetweenBlocks() {
            askedForEnd = true;
            inflater.setInput(EndOfBlock.question());
            try {
                return EndOfBlock.isAnswer(answer, inflater.inflate(answer)) && inflater.finished();
            } catch (DataFormatException insideBlock) {
                return false; // the library has no other way of saying so
            }
        }

        @Override
        public void restart() {
            inflater.reset();
            history.giveTo(inflater);
            askedForEnd = false;
        }

        @Override
        public void reset() {
            inflater.reset();
            history.clear();
            askedForEnd = false;
        }

        @Override
        public void close() {
            inflater.end();
        }
    }
}
