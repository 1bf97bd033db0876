package dev.tidewire.server.internal.tls;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.ssl.NotSslRecordException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** Why a TLS handshake failed: few enough to count each. The texts are those of the JDK, then those of BoringSSL. */
enum HandshakeFailure {
    /** The client offers only versions before TLS 1.2. */
    PROTOCOL_VERSION("supported protocol versions|is not enabled or supported|UNSUPPORTED_PROTOCOL"),
    /** The client offers none of our cipher suites, or no curve to use one with. */
    NO_SHARED_CIPHER("no cipher suites in common|NO_SHARED_CIPHER|WRONG_CURVE"),
    /** A certificate is required, and the client showed none. */
    NO_CLIENT_CERTIFICATE("Empty (client|server) certificate chain|PEER_DID_NOT_RETURN_A_CERTIFICATE"),
    /** The client's certificate does not lead to an authority we trust, or is expired, or is not for clients. */
    BAD_CLIENT_CERTIFICATE("PKIX path|CERTIFICATE_VERIFY_FAILED"),
    /** The client gave up and said so, as one does that does not trust our certificate. */
    CLIENT_ALERT("Received fatal alert|plaintext alert received|Received close_notify during handshake|_ALERT_"),
    /** The bytes are not TLS, or a ClientHello is longer than any has reason to be. */
    NOT_TLS,
    /** The client went away. */
    CLIENT_LEFT,
    /** The client took longer than {@code handshakeTimeout}. */
    TIMEOUT,
    /** Something else. */
    OTHER;

    private final Pattern texts;
    private final String counter;

    HandshakeFailure() {
        this("(?!)"); // matches nothing
    }

    HandshakeFailure(String texts) {
        this.texts = Pattern.compile(texts);
        counter = "tls.handshake_failed." + label();
    }

    /** Its name in the log. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its name among the counters. */
    String counter() {
        return counter;
    }

    /** The reason behind what TLS threw. */
    static HandshakeFailure of(Throwable thrown) {
        boolean tls = false;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof NotSslRecordException || cause instanceof TooLongFrameException) return NOT_TLS;
            if (cause instanceof CertificateException) return BAD_CLIENT_CERTIFICATE;
            tls |= cause instanceof SSLException;
            for (HandshakeFailure failure : values()) {
                if (failure.explains(String.valueOf(cause.getMessage()))) return failure;
            }
        }
        boolean network = thrown instanceof java.io.IOException && !tls;
        return network ? CLIENT_LEFT : OTHER;
    }

    private boolean explains(String message) {
        return texts.matcher(message).find();
    }
}
