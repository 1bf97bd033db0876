package dev.tidewire.benchmarks.load;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import javax.net.ssl.SSLException;

/** TLS as a client that trusts anyone: it only talks to servers that this program started. */
final class Secure {
    private Secure() {}

    static SslContext context() {
        try {
            return SslContextBuilder.forClient()
                    .sslProvider(
                            SslProvider.isAlpnSupported(SslProvider.OPENSSL) ? SslProvider.OPENSSL : SslProvider.JDK)
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm("")
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("no TLS here", e);
        }
    }

    static boolean isDone(Object event) {
        return event instanceof SslHandshakeCompletionEvent done && done.isSuccess();
    }
}
