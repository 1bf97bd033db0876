package dev.tidewire.server.internal.proxy;

import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.limits.Refusal;
import dev.tidewire.server.options.ProxyProtocol;
import dev.tidewire.server.options.ServerOptions;

/**
 * Another protocol behind a header of the PROXY protocol, which trusted proxies send and nobody else may.
 *
 * <p>Threads: any.
 */
public final class Proxied implements Protocol {
    private final Protocol inside;
    private final ServerOptions options;

    private Proxied(Protocol inside, ServerOptions options) {
        this.inside = inside;
        this.options = options;
    }

    /** {@code inside}, behind the header where the options say so. */
    public static Protocol around(Protocol inside, ServerOptions options) {
        return options.proxyProtocol() == ProxyProtocol.OFF ? inside : new Proxied(inside, options);
    }

    @Override
    public void begin(Connection connection) {
        if (options.trustedProxies().trusts(connection.remoteAddress())) {
            ProxyOpening.begin(connection, inside, options.handshakeTimeout());
        } else if (options.proxyProtocol() == ProxyProtocol.REQUIRED) {
            ProxyOpening.begin(connection, inside, options.handshakeTimeout()).refuse();
        } else {
            inside.begin(connection);
        }
    }

    @Override
    public byte[] refusal(Refusal why) {
        return inside.refusal(why);
    }
}
