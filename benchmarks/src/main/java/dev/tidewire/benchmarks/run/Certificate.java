package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/**
 * A self-signed certificate for the servers to show, in the forms they read.
 *
 * @param store PKCS #12, its password is {@link #PASSWORD}
 * @param chain PEM
 * @param key PEM
 */
public record Certificate(Path store, Path chain, Path key) {
    static final String PASSWORD = "benchmark";

    private static final String ALIAS = "server";

    private Certificate(Path folder) {
        this(folder.resolve("server.p12"), folder.resolve("server.crt"), folder.resolve("server.key"));
    }

    /** Makes it in that folder, unless it is there. */
    public static Certificate in(Path folder) throws IOException, InterruptedException {
        Certificate certificate = new Certificate(Files.createDirectories(folder));
        if (!Files.exists(certificate.key)) certificate.make();
        return certificate;
    }

    private void make() throws IOException, InterruptedException {
        Files.deleteIfExists(store);
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Output.of(List.of(
                keytool,
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "3650",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString()));
        try (InputStream in = Files.newInputStream(store)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            writePem(chain, "CERTIFICATE", keys.getCertificate(ALIAS).getEncoded());
            writePem(
                    key,
                    "PRIVATE KEY",
                    keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot read what keytool made", e);
        }
    }

    private static void writePem(Path file, String kind, byte[] content) throws IOException {
        byte[] lineEnd = {'\n'};
        String body = new String(Base64.getMimeEncoder(64, lineEnd).encode(content), StandardCharsets.US_ASCII);
        Files.writeString(file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }
}
