package dev.tidewire.server.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class UnreadTest {
    private static final int PART_BYTES = 1 << 24;
    private static final int PARTS = 128;

    @Test
    void whatItCannotHoldIsReleasedAllTheSame() {
        Unread unread = new Unread(Unpooled.wrappedBuffer(new byte[1]));
        ByteBuf part = Unpooled.wrappedBuffer(new byte[PART_BYTES]);
        CompositeByteBuf asMuchAsAnIntCounts = Unpooled.compositeBuffer(PARTS);
        for (int i = 1; i < PARTS; i++) asMuchAsAnIntCounts.addComponent(true, part.retainedDuplicate());
        asMuchAsAnIntCounts.addComponent(true, part.readSlice(PART_BYTES - 1));

        assertThatThrownBy(() -> unread.add(asMuchAsAnIntCounts)).isInstanceOf(IndexOutOfBoundsException.class);

        assertThat(asMuchAsAnIntCounts.refCnt()).isZero();
        unread.release();
    }
}
