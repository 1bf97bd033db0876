package dev.tidewire.server.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.GeneralSecurityException;
import javax.net.ssl.SSLProtocolException;
import org.junit.jupiter.api.Test;

class HandshakeFailureTest {
    /** OpenSSL, and so curl and Python, sends it before it encrypts anything, which TLS 1.3 of the JDK does not expect. */
    @Test
    void aClientsAlertIsKnownWhenItIsNotEncrypted() {
        var plaintext =
                new GeneralSecurityException("Unexpected plaintext alert received: Level: fatal; Alert: unknown_ca");

        assertThat(HandshakeFailure.of(new SSLProtocolException("Unexpected exception", plaintext)))
                .isEqualTo(HandshakeFailure.CLIENT_ALERT);
    }
}
