package dev.tidewire.cli;

import static dev.tidewire.cli.Arguments.flag;
import static dev.tidewire.cli.Arguments.valued;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.apache.commons.cli.Option;

/** The options that say which servers a client within TLS believes. */
final class TrustArguments {
    private static final Option AUTHORITIES = valued(
            "cacert",
            "FILE",
            "Trust the authorities whose certificates are in this file (PEM), in place of the JDK's.");
    private static final Option INSECURE =
            flag("insecure", "Take any certificate, for any host name: for trying out only.");

    static final List<Option> OPTIONS = List.of(AUTHORITIES, INSECURE);

    private final Optional<Path> authorities;
    private final boolean insecure;
    private final Console console;

    TrustArguments(Arguments arguments, Console console) {
        this.authorities = arguments.path(AUTHORITIES);
        this.insecure = arguments.has(INSECURE);
        this.console = console;
    }

    /**
     * What they come to, and a warning on standard error if that is no security; empty for the JDK's own trust.
     *
     * @param secure whether the client will speak TLS, without which the options have no meaning
     */
    Optional<SSLContext> context(boolean secure) {
        if (authorities.isEmpty() && !insecure) return Optional.empty();
        if (authorities.isPresent() && insecure) throw new Misuse("--insecure takes no --cacert");
        if (!secure) throw new Misuse((insecure ? "--insecure" : "--cacert") + " needs a wss:// URL");
        try {
            return Optional.of(trusting(authorities.isEmpty() ? any() : these(authorities.get())));
        } catch (GeneralSecurityException | IOException e) {
            throw new CommandFailure("cannot set up TLS: " + e.getMessage(), e);
        }
    }

    private TrustManager[] any() {
        console.err().println("--insecure: whoever answers is believed, certificate and host name are not checked");
        return new TrustManager[] {new AnyCertificate()};
    }

    private TrustManager[] these(Path file) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        for (Certificate authority : certificates(file)) {
            trusted.setCertificateEntry("authority-" + trusted.size(), authority);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory.getTrustManagers();
    }

    private Collection<? extends Certificate> certificates(Path file) {
        try {
            var content = new ByteArrayInputStream(Files.readAllBytes(file));
            var found = CertificateFactory.getInstance("X.509").generateCertificates(content);
            if (!found.isEmpty()) return found;
        } catch (IOException e) {
            throw new Misuse("cannot read --cacert " + file + ": " + Unreadable.reason(e));
        } catch (CertificateException e) {
            // Of a key among them, of half a certificate or of none the JDK says nothing that would help.
        }
        throw new Misuse("--cacert must be a PEM file with certificates only, was " + file);
    }

    private static SSLContext trusting(TrustManager[] trusted) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trusted, null);
        return context;
    }
}
