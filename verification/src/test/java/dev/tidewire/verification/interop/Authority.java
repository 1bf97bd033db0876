package dev.tidewire.verification.interop;

import dev.tidewire.server.options.TlsOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.net.ssl.SSLContext;

/** A certificate authority of a test's own, and the certificate that it signed for a server on this machine. */
final class Authority {
    private final X509Bundle authority;
    private final X509Bundle server;
    private final Path certificate;
    private final TlsOptions serverOptions;

    /** Makes both, and puts their files into {@code folder}. */
    Authority(Path folder) throws Exception {
        authority = new CertificateBuilder()
                .subject("CN=Tidewire interop authority")
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, KeyUsage.keyCertSign)
                .buildSelfSigned();
        server = new CertificateBuilder()
                .subject("CN=localhost")
                .setKeyUsage(true, KeyUsage.digitalSignature)
                .addExtendedKeyUsageServerAuth()
                .addSanDnsName("localhost")
                .addSanIpAddress("127.0.0.1")
                .buildIssuedBy(authority);
        certificate = Files.writeString(folder.resolve("authority.pem"), authority.getCertificatePEM());
        Path chain = Files.writeString(folder.resolve("server.pem"), server.getCertificatePathPEM());
        Path key = Files.writeString(folder.resolve("server.key"), server.getPrivateKeyPEM());
        serverOptions = TlsOptions.of(chain, key);
    }

    /** The authority's certificate, in a PEM file for clients to trust. */
    Path certificate() {
        return certificate;
    }

    /** What the server shows. */
    TlsOptions serverOptions() {
        return serverOptions;
    }

    /** What a client of the JDK needs to trust the authority. */
    SSLContext trusted() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, authority.toTrustManagerFactory().getTrustManagers(), null);
        return context;
    }

    /** The SHA-256 of the server's public key in base64, by which Chromium knows whom to trust. */
    String serverKeyDigest() throws GeneralSecurityException {
        byte[] key = server.getKeyPair().getPublic().getEncoded();
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
    }
}
