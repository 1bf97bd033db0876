package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlameTest {
    private static StackTraceElement frame(String type, String method, int line) {
        return new StackTraceElement(type, method, type.substring(type.lastIndexOf('.') + 1) + ".java", line);
    }

    @Test
    void theApplicationsTopmostFrameIsNamed() {
        StackTraceElement[] stack = {
            frame("jdk.internal.misc.Unsafe", "park", -2),
            frame("java.util.concurrent.CountDownLatch", "await", 230),
            frame("com.example.Orders", "price", 88),
            frame("com.example.Orders", "handle", 12),
            frame("dev.tidewire.server.HandlerCalls", "call", 40),
            frame("io.netty.channel.epoll.EpollIoHandler", "run", 300)
        };

        assertThat(Blame.on(stack)).isEqualTo(new Blame("com.example.Orders.price(Orders.java:88)", true));
    }

    @Test
    void withoutAnApplicationItIsTheTopmostOfAll() {
        StackTraceElement[] stack = {
            frame("java.util.zip.Deflater", "deflateBytesBytes", -2),
            frame("io.netty.channel.nio.NioIoHandler", "run", 1)
        };

        assertThat(Blame.on(stack))
                .isEqualTo(new Blame("java.util.zip.Deflater.deflateBytesBytes(Deflater.java)", false));
    }

    @Test
    void aThreadThatHasEndedDoesNothing() {
        assertThat(Blame.on(new StackTraceElement[0])).isEqualTo(new Blame("unknown", false));
    }

    @Test
    void generatedCodeHasNoFile() {
        StackTraceElement[] stack = {new StackTraceElement("com.example.Made", "run", null, -1)};

        assertThat(Blame.on(stack).where()).isEqualTo("com.example.Made.run(unknown)");
    }
}
