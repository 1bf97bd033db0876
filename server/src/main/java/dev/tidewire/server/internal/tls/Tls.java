package dev.tidewire.server.internal.tls;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsConfigurationException;
import dev.tidewire.server.options.TlsOptions;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * TLS around another protocol: that one begins on a connection when its handshake is done. Follows the certificates' files
 * and dates until it is closed.
 *
 * <p>Threads: any.
 */
public final class Tls implements Protocol, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    /** How often the certificates' dates are looked at. */
    private static final long DATES_NANOS = TimeUnit.HOURS.toNanos(1);

    private final Protocol inside;
    private final ServerOptions options;
    private final TlsOptions tls;
    private final Certificates certificates;
    private final Expiry expiry;
    private final CountDownLatch closed = new CountDownLatch(1);

    /** What the files say; connections that come from now on use it. */
    private volatile ServerNames names;

    /** Guarded by this: how the files looked before they were last read. */
    private FileStamps seen;
    /** Guarded by this: true when what was read then is not used. What puts that right, such as a permission, may not show. */
    private boolean unused;
    /** Guarded by this: the last warning there was. */
    private @Nullable Warning warning;

    private Tls(Protocol inside, ServerOptions options, TlsOptions tls, Certificates certificates, Expiry expiry) {
        this.inside = inside;
        this.options = options;
        this.tls = tls;
        this.certificates = certificates;
        this.expiry = expiry;
        seen = FileStamps.of(tls.files());
        Certificates.Loaded loaded = certificates.load();
        names = loaded.names();
        expiry.use(loaded.credentials());
    }

    /**
     * {@code inside} within TLS.
     *
     * @param applicationProtocols what ALPN (RFC 7301) announces, the preferred one first
     * @throws TlsConfigurationException when a file cannot be used
     * @throws IllegalStateException when the provider asked for does not work here
     */
    public static Tls around(
            Protocol inside, ServerOptions options, TlsOptions tls, List<String> applicationProtocols) {
        Expiry expiry = new Expiry(InstantSource.system(), line -> LOG.log(WARNING, line));
        return around(inside, options, tls, applicationProtocols, expiry);
    }

    /** {@link #around(Protocol, ServerOptions, TlsOptions, List)} with a calendar of its own. */
    static Tls around(
            Protocol inside, ServerOptions options, TlsOptions tls, List<String> applicationProtocols, Expiry expiry) {
        Tls around = new Tls(inside, options, tls, new Certificates(tls, applicationProtocols), expiry);
        LOG.log(INFO, "event=tls provider={0}", around.certificates.provider());
        Thread.ofVirtual().name("tidewire-certificates").start(around::follow);
        return around;
    }

    @Override
    public void begin(Connection connection) {
        TlsOpening.begin(connection, this, options);
    }

    /**
     * Reads the files of all again; connections that come from now on use what they say.
     *
     * @throws TlsConfigurationException when a file cannot be used; what was read before is used on by all
     */
    public static void reload(List<Tls> all) {
        Map<Tls, Read> loaded = new LinkedHashMap<>();
        for (Tls each : all) loaded.put(each, each.load());
        loaded.forEach(Tls::use);
    }

    /** Follows files and dates no longer. */
    @Override
    public void close() {
        closed.countDown();
    }

    /** What comes within TLS. */
    Protocol inside() {
        return inside;
    }

    ServerNames names() {
        return names;
    }

    private void follow() {
        long interval = tls.reloadInterval().isZero()
                ? Long.MAX_VALUE
                : tls.reloadInterval().toNanos();
        long last = System.nanoTime();
        long left = interval;
        try {
            while (!closed.await(Math.min(left, DATES_NANOS), TimeUnit.NANOSECONDS)) {
                left = interval - (System.nanoTime() - last);
                look(left <= 0);
                if (left > 0) continue;
                last = System.nanoTime();
                left = interval;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(boolean alsoAtFiles) {
        try {
            expiry.look();
            if (alsoAtFiles) reloadIfChanged();
        } catch (RuntimeException e) {
            // What an application's logger throws must not end the following.
        }
    }

    private synchronized Read load() {
        seen = FileStamps.of(tls.files());
        unused = true;
        return new Read(seen, certificates.load());
    }

    private synchronized void use(Read read) {
        seen = read.files();
        unused = false;
        warning = null;
        names = read.loaded().names();
        expiry.use(read.loaded().credentials());
        LOG.log(INFO, "event=certificates_reloaded");
    }

    private synchronized void reloadIfChanged() {
        if (!unused && FileStamps.of(tls.files()).equals(seen)) return;
        try {
            use(load());
        } catch (TlsConfigurationException e) {
            warn("file=" + e.file() + " reason=\"" + e.reason() + '"');
        } catch (RuntimeException e) { // whatever a broken file provokes in a parser: it is read again all the same
            warn("reason=\"" + e + '"');
        }
    }

    /** Once for what is tried again and again. */
    private void warn(String what) {
        Warning next = new Warning(seen, what);
        if (next.equals(warning)) return;
        warning = next;
        LOG.log(WARNING, () -> "event=certificates_kept " + what);
    }

    /**
     * What the files said.
     *
     * @param files before they were read
     */
    private record Read(FileStamps files, Certificates.Loaded loaded) {}

    private record Warning(FileStamps files, String what) {}
}
