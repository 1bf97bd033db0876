package dev.tidewire.server.internal.engine;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket that systemd made, and gave to this process when it started it ({@code sd_listen_fds(3)}).
 *
 * @param descriptor its number in this process
 * @param isUnix true for a Unix domain socket
 */
record InheritedSocket(int descriptor, boolean isUnix) {
    /** How a host begins that is such a socket; its name or number follows, or nothing when there is just one. */
    private static final String PREFIX = "systemd:";

    private static final int FIRST_DESCRIPTOR = 3;
    /** More than systemd ever passes. */
    private static final int MAX_SOCKETS = 4096;

    /** True for a host that is such a socket. */
    static boolean isNamedBy(String host) {
        return host.startsWith(PREFIX);
    }

    /**
     * The socket that {@code host} names, made ready for event loops.
     *
     * @throws IOException when there is none of that name, or it does not listen
     */
    static InheritedSocket named(String host) throws IOException {
        String wanted = host.substring(PREFIX.length());
        int descriptor =
                descriptor(wanted, System.getenv(), ProcessHandle.current().pid());
        if (!DescriptorCalls.listens(descriptor)) {
            throw new IOException("descriptor " + descriptor + " is no socket that accepts connections");
        }
        // Accepting would hold up the loop; systemd leaves that to NonBlocking= in the unit.
        DescriptorCalls.neverBlock(descriptor);
        return new InheritedSocket(descriptor, DescriptorCalls.isUnix(descriptor));
    }

    /**
     * Where it listens.
     *
     * @throws IOException for an abstract socket, whose name is no path
     */
    SocketAddress address() throws IOException {
        Socket socket = new Socket(descriptor);
        return isUnix
                ? unixAddress(socket.localDomainSocketAddress().path())
                : Objects.requireNonNull(socket.localAddress());
    }

    private static SocketAddress unixAddress(String path) throws IOException {
        if (!path.startsWith("\0")) return UnixDomainSocketAddress.of(path);
        throw new IOException("a socket of systemd must have a path or a port, not an abstract name, was '"
                + path.replace('\0', '@') + "'");
    }

    /**
     * Finds the descriptor.
     *
     * @param wanted a name, the number of a descriptor, or nothing
     */
    static int descriptor(String wanted, Map<String, String> environment, long pid) throws IOException {
        requireReceiver(environment.get("LISTEN_PID"), pid);
        int count = count(environment.get("LISTEN_FDS"));
        String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
        List<Integer> fitting = IntStream.range(0, count)
                .filter(index -> wanted.isEmpty()
                        || wanted.equals(Integer.toString(FIRST_DESCRIPTOR + index))
                        || (index < names.length && wanted.equals(names[index])))
                .mapToObj(index -> FIRST_DESCRIPTOR + index)
                .toList();
        if (fitting.size() == 1) return fitting.getFirst();
        throw new IOException(
                "of the sockets that systemd passed, " + (fitting.isEmpty() ? "none is" : fitting.size() + " are")
                        + " meant by '" + wanted + "': they are numbered " + FIRST_DESCRIPTOR + " to "
                        + (FIRST_DESCRIPTOR + count - 1) + " and named " + String.join(", ", names));
    }

    private static void requireReceiver(@Nullable String receiver, long pid) throws IOException {
        if (receiver == null) throw new IOException("systemd passed no sockets, LISTEN_PID is not set");
        if (receiver.equals(Long.toString(pid))) return;
        throw new IOException("systemd passed its sockets to another process: LISTEN_PID is " + receiver + ", this is "
                + pid + "; a script in between must exec");
    }

    private static int count(@Nullable String sockets) throws IOException {
        try {
            int count = Integer.parseInt(String.valueOf(sockets));
            if (count >= 1 && count <= MAX_SOCKETS) return count;
        } catch (NumberFormatException noNumber) {
            // said below
        }
        throw new IOException("systemd passed no sockets, LISTEN_FDS is " + sockets);
    }
}
