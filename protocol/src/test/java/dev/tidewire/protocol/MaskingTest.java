package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskingTest {
    private static final int KEY = 0x89_ab_7f_01;
    private static final int[] LENGTHS = {
        0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 255, 511, 512, 513, 1021, 8191, 8192, 8193, 20_011
    };

    /** Where bytes may be when they come from a network. */
    enum Memory {
        HEAP {
            @Override
            ByteBuf holding(byte[] bytes) {
                return Unpooled.buffer(3 + bytes.length)
                        .writeZero(3)
                        .writeBytes(bytes)
                        .skipBytes(3);
            }
        },
        DIRECT {
            @Override
            ByteBuf holding(byte[] bytes) {
                return PooledByteBufAllocator.DEFAULT
                        .directBuffer()
                        .writeZero(5)
                        .writeBytes(bytes)
                        .skipBytes(5);
            }
        },
        COMPOSITE {
            @Override
            ByteBuf holding(byte[] bytes) {
                int cut = bytes.length * 2 / 5;
                return Unpooled.compositeBuffer()
                        .addComponent(true, Unpooled.buffer().writeZero(3))
                        .addComponent(true, HEAP.holding(Arrays.copyOf(bytes, cut)))
                        .addComponent(true, DIRECT.holding(Arrays.copyOfRange(bytes, cut, bytes.length)))
                        .skipBytes(3);
            }
        };

        abstract ByteBuf holding(byte[] bytes);
    }

    @Test
    void ofAnArrayAgreesWithTheRfcAtEveryLengthAndPosition() {
        for (int length : LENGTHS) {
            for (int position = 0; position < 9; position++) {
                byte[] payload = random(length);
                byte[] array = new byte[length + 5];
                System.arraycopy(payload, 0, array, 3, length);

                Masking.apply(array, 3, 3 + length, KEY, position);

                assertThat(Arrays.copyOfRange(array, 3, 3 + length)).isEqualTo(formula(payload, KEY, position));
                assertThat(new byte[] {array[0], array[1], array[2], array[3 + length], array[4 + length]})
                        .containsOnly(0);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void ofABufferAgreesWithTheRfcAtEveryLengthAndPosition(Memory memory) {
        for (int length : LENGTHS) {
            for (int position = 0; position < 9; position++) {
                byte[] payload = random(length);
                ByteBuf buffer = memory.holding(payload);

                Masking.apply(buffer, buffer.readerIndex(), length, KEY, position);

                assertThat(Hex.of(buffer)).isEqualTo(Hex.of(formula(payload, KEY, position)));
                buffer.release();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whileReadingAgreesWithTheRfcAtEveryLengthAndPosition(Memory memory) {
        for (int length : LENGTHS) {
            for (int position = 0; position < 9; position++) {
                byte[] payload = random(length);
                ByteBuf buffer = memory.holding(payload).writeByte(0x77);
                ByteBuffer in = buffer.nioBuffer();
                byte[] out = new byte[length + 2];

                Masking.read(in, out, 1, length, KEY, position);

                assertThat(Arrays.copyOfRange(out, 1, 1 + length)).isEqualTo(formula(payload, KEY, position));
                assertThat(new byte[] {out[0], out[1 + length]}).containsOnly(0);
                assertThat(in.remaining()).isOne();
                buffer.release();
            }
        }
    }

    @Test
    void whileWritingLeavesTheArrayAsItIs() {
        byte[] payload = random(1000);
        byte[] before = payload.clone();
        ByteBuf out = Unpooled.buffer().writeByte(0x77);

        Masking.write(out, payload, KEY);

        assertThat(payload).isEqualTo(before);
        assertThat(Hex.of(out)).isEqualTo("77" + Hex.of(formula(before, KEY, 0)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0x0100_0000, -1, Integer.MIN_VALUE})
    void worksWithEveryKey(int key) {
        byte[] payload = random(1029);
        byte[] masked = payload.clone();

        Masking.apply(masked, 0, masked.length, key, 0);

        assertThat(masked).isEqualTo(formula(payload, key, 0));
    }

    /** RFC 6455 §5.3: {@code transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)}. */
    private static byte[] formula(byte[] payload, int key, int position) {
        byte[] keyOctets = {(byte) (key >>> 24), (byte) (key >>> 16), (byte) (key >>> 8), (byte) key};
        byte[] transformed = new byte[payload.length];
        for (int i = 0; i < payload.length; i++) {
            transformed[i] = (byte) (payload[i] ^ keyOctets[(position + i) % 4]);
        }
        return transformed;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
