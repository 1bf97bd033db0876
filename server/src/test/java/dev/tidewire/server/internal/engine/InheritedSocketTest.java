package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InheritedSocketTest {
    private static final long PID = 4711;

    @ParameterizedTest
    @CsvSource({"web, 3", "admin, 5", "3, 3", "4, 4", "5, 5"})
    void socketsAreFoundByNameOrNumber(String wanted, int descriptor) throws IOException {
        assertThat(InheritedSocket.descriptor(wanted, passed("3", "web:feed:admin"), PID))
                .isEqualTo(descriptor);
    }

    @Test
    void theOnlyOneNeedsNoName() throws IOException {
        assertThat(InheritedSocket.descriptor("", passed("1", null), PID)).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"'', 3 are", "feed, 2 are", "2, none is", "6, none is", "mail, none is"})
    void aNameThatIsNotOneSocketsIsRefusedWithThoseThereAre(String wanted, String how) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> InheritedSocket.descriptor(wanted, passed("3", "web:feed:feed"), PID))
                .withMessage("of the sockets that systemd passed, " + how + " meant by '" + wanted
                        + "': they are numbered 3 to 5 and named web, feed, feed");
    }

    @Test
    void withoutSystemdThereAreNone() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> InheritedSocket.descriptor("web", Map.of(), PID))
                .withMessage("systemd passed no sockets, LISTEN_PID is not set");
    }

    @Test
    void thoseOfAnotherProcessAreNotOurs() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> InheritedSocket.descriptor("web", passed("1", "web"), 12))
                .withMessageContaining("LISTEN_PID is 4711, this is 12; a script in between must exec");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "4097", "many", ""})
    void aCountThatIsNoneIsRefused(String count) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> InheritedSocket.descriptor("", passed(count, "web"), PID))
                .withMessage("systemd passed no sockets, LISTEN_FDS is " + count);
    }

    @Test
    void anAbstractSocketIsRefused() throws IOException {
        assumeTrue(Epoll.isAvailable(), "needs epoll");
        String name = "tidewire-" + ProcessHandle.current().pid();
        Socket socket = Socket.newSocketDomain();
        try {
            socket.bind(new DomainSocketAddress("\0" + name));

            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(new InheritedSocket(socket.intValue(), true)::address)
                    .withMessage("a socket of systemd must have a path or a port, not an abstract name, was '@" + name
                            + "'");
        } finally {
            socket.close();
        }
    }

    private static Map<String, String> passed(String count, @Nullable String names) {
        Map<String, String> environment = new HashMap<>(Map.of("LISTEN_PID", Long.toString(PID), "LISTEN_FDS", count));
        if (names != null) environment.put("LISTEN_FDNAMES", names);
        return environment;
    }
}
