package dev.tidewire.server.internal.engine;

import dev.tidewire.server.options.ServerOptions;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix domain socket.
 *
 * <p>The socket is bound under a name of its own beside it, gets its permissions there, and is then moved: nobody can connect
 * before they hold, and what was left behind by a process that is gone is replaced in one step.
 *
 * <p>Threads: one at a time.
 */
final class UnixSocketFile {
    /** How a host begins that is such a file. */
    private static final String PREFIX = "unix:";

    /** What Linux's {@code sockaddr_un} holds; macOS and BSD take 103. */
    private static final int MAX_PATH_BYTES = 107;

    private static final int TYPE_BITS = 0xF000;
    private static final int SOCKET_TYPE = 0xC000;

    private final Path path;
    private final Path boundPath;
    private final Optional<Set<PosixFilePermission>> permissions;
    private @Nullable Object key;

    private UnixSocketFile(Path path, Optional<Set<PosixFilePermission>> permissions) {
        this.path = path;
        this.permissions = permissions;
        String random = Integer.toString(ThreadLocalRandom.current().nextInt(1 << 30), Character.MAX_RADIX);
        boundPath = path.resolveSibling(("." + random).toLowerCase(Locale.ROOT));
    }

    static UnixSocketFile of(ServerOptions options) {
        Path path = Path.of(options.host().substring(PREFIX.length())).toAbsolutePath();
        return new UnixSocketFile(path, options.socketPermissions());
    }

    /** True for a host that is such a file. */
    static boolean isNamedBy(String host) {
        return host.startsWith(PREFIX);
    }

    /** Where clients find it. */
    Path path() {
        return path;
    }

    /** What the socket is bound to at first. */
    Path boundPath() {
        return boundPath;
    }

    /** Fails, with the reason, unless a socket can come to stand here. */
    void prepare() throws IOException {
        requireShort(path);
        requireShort(boundPath);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) return;
        if (!isSocket()) throw new IOException("there is a file of this name that is not a socket");
        if (isListenedOn()) throw new IOException("another process listens there");
    }

    /** Moves the socket, now that it is bound, to where clients find it. */
    void publish() throws IOException {
        if (permissions.isPresent()) Files.setPosixFilePermissions(boundPath, permissions.get());
        key = key(boundPath);
        Files.move(boundPath, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes what is left of an attempt that failed. */
    void tidy() {
        delete(boundPath);
    }

    /** Removes it, unless another process has put its own there. */
    void remove() {
        try {
            if (key != null && key.equals(key(path))) delete(path);
        } catch (IOException gone) {
            // removed by somebody else, which is as good
        }
    }

    private boolean isSocket() throws IOException {
        int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return (mode & TYPE_BITS) == SOCKET_TYPE;
    }

    /** Only a refused connection says that nobody is there; a full queue or a missing permission do not. */
    private boolean isListenedOn() {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false); // or it would wait for a place in the queue
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (IOException e) {
            return !String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("refused");
        }
    }

    private static void requireShort(Path path) throws IOException {
        int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_PATH_BYTES) {
            throw new IOException(
                    "the path of a socket has at most " + MAX_PATH_BYTES + " bytes, this one has " + bytes);
        }
    }

    private static @Nullable Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    private static void delete(Path path) {
        try {
            Files.delete(path);
        } catch (NoSuchFileException gone) {
            // moved, or never made
        } catch (IOException e) {
            System.getLogger("dev.tidewire.server")
                    .log(System.Logger.Level.WARNING, "event=socket_file_kept path={0} reason=\"{1}\"", path, e);
        }
    }
}
