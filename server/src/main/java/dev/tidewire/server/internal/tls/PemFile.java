package dev.tidewire.server.internal.tls;

import dev.tidewire.server.options.TlsConfigurationException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of certificates or keys in text form (RFC 7468); what stands around the blocks is ignored.
 *
 * @param option the option that names the file
 */
record PemFile(String option, Path path) {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    /** The file's bytes, for it and for other kinds of file. */
    static byte[] read(String option, Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw new TlsConfigurationException(option, path, "there is no such file");
        } catch (AccessDeniedException e) {
            throw new TlsConfigurationException(option, path, "it may not be read");
        } catch (IOException e) {
            throw new TlsConfigurationException(option, path, "it cannot be read: " + e.getMessage(), e);
        }
    }

    /** The certificates in it, at least one. */
    List<X509Certificate> certificates() {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks()) {
            if (block.isCertificate()) certificates.add(certificate(block));
        }
        if (certificates.isEmpty()) throw unusable("it holds no BEGIN CERTIFICATE");
        return certificates;
    }

    /** The first private key in it. */
    PrivateKey key(String password) {
        Block block = blocks().stream()
                .filter(Block::isPrivateKey)
                .findFirst()
                .orElseThrow(() -> unusable("it holds no BEGIN PRIVATE KEY"));
        try {
            return PrivateKeys.parse(block.label, block.content(), block.isEncryptedTheOldWay(), password);
        } catch (PrivateKeys.Unreadable e) {
            throw unusable(Objects.requireNonNull(e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            throw unusable("its base64 is broken", e);
        }
    }

    private X509Certificate certificate(Block block) {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(block.content()));
        } catch (CertificateException e) {
            throw unusable("a certificate in it is malformed", e);
        } catch (IllegalArgumentException e) {
            throw unusable("its base64 is broken", e);
        }
    }

    private List<Block> blocks() {
        Matcher matcher = BLOCK.matcher(new String(read(option, path), StandardCharsets.ISO_8859_1));
        return matcher.results()
                .map(found -> new Block(found.group(1), found.group(2)))
                .toList();
    }

    private TlsConfigurationException unusable(String reason) {
        return new TlsConfigurationException(option, path, reason);
    }

    private TlsConfigurationException unusable(String reason, Throwable cause) {
        return new TlsConfigurationException(option, path, reason, cause);
    }

    /** What stands between BEGIN and END. */
    private record Block(String label, String text) {
        boolean isCertificate() {
            return label.equals("CERTIFICATE") || label.equals("X509 CERTIFICATE");
        }

        boolean isPrivateKey() {
            return label.endsWith("PRIVATE KEY");
        }

        /** OpenSSL's own headers inside of the block (RFC 1421), from before PKCS#8. */
        boolean isEncryptedTheOldWay() {
            return text.contains("Proc-Type:") && text.contains("ENCRYPTED");
        }

        byte[] content() {
            return isEncryptedTheOldWay() ? new byte[0] : Base64.getDecoder().decode(text.replaceAll("\\s", ""));
        }
    }
}
