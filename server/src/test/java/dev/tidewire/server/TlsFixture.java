package dev.tidewire.server;

import dev.tidewire.server.options.TlsOptions;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.testkit.RawClient;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** The authorities, certificates and clients of the TLS tests. */
final class TlsFixture {
    /** Signs every server here, and is all that clients trust. */
    static final X509Bundle AUTHORITY = authority("Tidewire test authority");
    /** Unknown to everybody. */
    static final X509Bundle STRANGER = authority("A stranger");

    private static final String SUBJECT_ALTERNATIVE_NAMES = "2.5.29.17";

    private TlsFixture() {}

    /** A certificate in PEM files. */
    record Pem(Path chain, Path key) {}

    static X509Bundle authority(String name) {
        return built(() -> new CertificateBuilder()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign)
                .buildSelfSigned());
    }

    /** The certificate of a server with these DNS names, good for 127.0.0.1 too. */
    static CertificateBuilder forServer(String... names) {
        return new CertificateBuilder()
                .subject("CN=" + names[0])
                .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature)
                .addExtendedKeyUsageServerAuth()
                .addExtensionOctetString(SUBJECT_ALTERNATIVE_NAMES, false, alternatives(names));
    }

    /** In DER (RFC 5280 §4.2.1.6), for the builder's own method takes no wildcard. */
    private static byte[] alternatives(String... names) {
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        entries.writeBytes(new byte[] {(byte) 0x87, 4, 127, 0, 0, 1});
        for (String name : names) {
            entries.write(0x82);
            entries.write(name.length());
            entries.writeBytes(Fixture.ascii(name));
        }
        return Fixture.together(new byte[] {0x30, (byte) entries.size()}, entries.toByteArray());
    }

    static X509Bundle issued(CertificateBuilder certificate) {
        return built(() -> certificate.buildIssuedBy(AUTHORITY));
    }

    /** The certificate of a client, signed by {@code authority}. */
    static X509Bundle client(String name, X509Bundle authority) {
        return built(() -> new CertificateBuilder()
                .subject("CN=" + name)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature)
                .addExtendedKeyUsageClientAuth()
                .buildIssuedBy(authority));
    }

    static Pem pem(Path folder, String name, X509Bundle certificate) {
        return new Pem(
                write(folder, name + ".pem", certificate.getCertificatePathPEM()),
                write(folder, name + ".key", certificate.getPrivateKeyPEM()));
    }

    static Path write(Path folder, String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Options with the certificate of {@code localhost}. */
    static TlsOptions.Builder localhost(Path folder) {
        Pem pem = pem(folder, "localhost", issued(forServer("localhost")));
        return TlsOptions.builder().certificate(pem.chain(), pem.key());
    }

    static TlsOptions localhost(Path folder, TlsProvider provider) {
        return localhost(folder).provider(provider).build();
    }

    /** What a client needs that trusts our authority and shows {@code own} if it is asked. */
    static SSLContext trusting(X509Bundle authority, X509Bundle... own) {
        try {
            KeyManager[] keys = own.length == 0 ? new KeyManager[0] : new KeyManager[] {new Always(own[0])};
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, authority.toTrustManagerFactory().getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static SSLSocket socket(Server server) {
        return socket(server, trusting(AUTHORITY), "localhost");
    }

    /** A socket whose TLS handshake has yet to begin; {@code serverName} is empty for none. */
    static SSLSocket socket(Server server, SSLContext context, String serverName) {
        try {
            Socket tcp = new Socket(
                    server.localAddress().getAddress(), server.localAddress().getPort());
            tcp.setSoTimeout(10_000);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(tcp, "", server.port(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(serverName.isEmpty() ? List.of() : List.of(new SNIHostName(serverName)));
            socket.setSSLParameters(parameters);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client whose TLS handshake is done. */
    static RawClient connect(Server server) {
        return handshake(socket(server));
    }

    /** A client whose TLS handshake is done, in this version. */
    static RawClient connect(Server server, String protocol) {
        SSLSocket socket = socket(server);
        socket.setEnabledProtocols(new String[] {protocol});
        return handshake(socket);
    }

    static RawClient handshake(SSLSocket socket) {
        try {
            socket.startHandshake();
            return RawClient.over(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The subject of the certificate that the server shows a client that asks for {@code serverName}. */
    static String subject(Server server, String serverName) {
        try (SSLSocket socket = socket(server, trusting(AUTHORITY), serverName)) {
            socket.startHandshake();
            return socket.getSession().getPeerPrincipal().getName();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the server logs while it is open. */
    static final class Log extends Handler implements AutoCloseable {
        private static final Logger LOGGER = Logger.getLogger("dev.tidewire.server");
        private final SimpleFormatter formatter = new SimpleFormatter();
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        Log() {
            LOGGER.setUseParentHandlers(false);
            LOGGER.setLevel(Level.FINE);
            LOGGER.addHandler(this);
        }

        /** The next line that has {@code text} in it. */
        String line(String text) {
            while (true) {
                String line = Fixture.take(lines);
                if (line.contains(text)) return line;
            }
        }

        @Override
        public void publish(LogRecord record) {
            String trace = record.getThrown() == null ? "" : " and a stack trace";
            lines.add(record.getLevel() + " " + formatter.formatMessage(record) + trace);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            LOGGER.removeHandler(this);
            LOGGER.setLevel(null);
            LOGGER.setUseParentHandlers(true);
        }
    }

    private static X509Bundle built(Building building) {
        try {
            return building.build();
        } catch (Exception e) { // as the builder declares it
            throw new AssertionError(e);
        }
    }

    /** Shows a client's certificate whichever authorities the server says it trusts. */
    private static final class Always extends X509ExtendedKeyManager {
        private final X509Bundle own;

        Always(X509Bundle own) {
            this.own = own;
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return "own";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return own.getCertificatePath();
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own.getKeyPair().getPrivate();
        }

        @Override
        public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            throw new UnsupportedOperationException("this is a client");
        }
    }

    private interface Building {
        X509Bundle build() throws Exception;
    }
}
