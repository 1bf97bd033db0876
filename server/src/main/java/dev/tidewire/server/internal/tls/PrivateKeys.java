package dev.tidewire.server.internal.tls;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/** Private keys in the forms that PEM files hold them in. */
final class PrivateKeys {
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    /** Password-based encryption by the second scheme of RFC 8018 §6.2, whose name says nothing about the cipher. */
    private static final List<String> PBES2 = List.of("PBES2", "1.2.840.113549.1.5.13");

    private PrivateKeys() {}

    /**
     * The key in a PEM block.
     *
     * @param label between {@code BEGIN} and the dashes
     * @param password of an encrypted key, else empty
     */
    static PrivateKey parse(String label, byte[] content, boolean encryptedTheOldWay, String password) {
        if (encryptedTheOldWay) {
            throw new Unreadable(
                    "its key is encrypted in OpenSSL's old form; `openssl pkcs8 -topk8` makes a PKCS#8 key of it");
        }
        return switch (label) {
            case "PRIVATE KEY" -> ofKind(new PKCS8EncodedKeySpec(content));
            case "ENCRYPTED PRIVATE KEY" -> ofKind(decrypted(content, password));
            case "RSA PRIVATE KEY" -> ofKind(new PKCS8EncodedKeySpec(Pkcs8.ofRsa(content)));
            case "EC PRIVATE KEY" -> ofKind(new PKCS8EncodedKeySpec(Pkcs8.ofEc(content)));
            default -> throw new Unreadable("a " + label + " is of no use for TLS");
        };
    }

    private static PrivateKey ofKind(KeySpec key) {
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(key);
            } catch (InvalidKeySpecException | NoSuchAlgorithmException notThisKind) {
                // The next one may be: the kind is written inside the key, where only its own factory looks.
            }
        }
        throw new Unreadable("its key is malformed, or neither RSA nor EC nor EdDSA");
    }

    private static KeySpec decrypted(byte[] content, String password) {
        if (password.isEmpty()) throw new Unreadable("its key is encrypted and no password was given");
        try {
            EncryptedPrivateKeyInfo encrypted = new EncryptedPrivateKeyInfo(content);
            String algorithm = algorithm(encrypted);
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())),
                    encrypted.getAlgParameters());
            return encrypted.getKeySpec(cipher);
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new Unreadable("its key is encrypted in a way that is not known here", e);
        } catch (GeneralSecurityException e) {
            throw new Unreadable("the password does not open its key", e);
        }
    }

    private static String algorithm(EncryptedPrivateKeyInfo encrypted) {
        AlgorithmParameters parameters = encrypted.getAlgParameters();
        boolean saysNothing = parameters != null && PBES2.contains(encrypted.getAlgName());
        return saysNothing ? parameters.toString() : encrypted.getAlgName();
    }

    /** A key that cannot be used; the message says why, and is complete without the cause. */
    static final class Unreadable extends RuntimeException {
        Unreadable(String reason) {
            this(reason, null);
        }

        Unreadable(String reason, @Nullable Throwable cause) {
            super(reason, cause);
        }
    }
}
