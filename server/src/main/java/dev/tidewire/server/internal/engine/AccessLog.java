package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.INFO;

import dev.tidewire.server.connection.CloseEvent;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;

/** One line for each connection that has ended. Nothing in it was chosen by a peer but its address and close code. */
final class AccessLog {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.access");

    private AccessLog() {}

    static void write(Connection connection, Ended ended) {
        LOG.log(INFO, () -> line(connection, ended));
    }

    private static String line(Connection connection, Ended ended) {
        Traffic traffic = connection.traffic();
        CloseEvent event = ended.event();
        return "fd=" + connection.fd() + " event=closed remote=" + address(connection.remoteAddress()) + " protocol="
                + ended.protocol() + " route=" + oneWord(ended.route()) + " status=" + ended.status() + " code="
                + event.code()
                + " initiator=" + event.initiator().name().toLowerCase(Locale.ROOT) + " clean=" + event.clean()
                + " duration_ms=" + traffic.ageMillis() + " bytes_in=" + traffic.bytesReceived + " bytes_out="
                + traffic.bytesSent + " messages_in=" + traffic.messagesReceived + " messages_out="
                + traffic.messagesSent;
    }

    private static String address(SocketAddress address) {
        if (!(address instanceof InetSocketAddress internet) || internet.getAddress() == null) {
            return oneWord(String.valueOf(address));
        }
        String host = internet.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + internet.getPort();
    }

    /** So that nothing begins a line or a key of its own, whoever wrote it. */
    static String oneWord(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Z}\"=]", "_");
    }
}
