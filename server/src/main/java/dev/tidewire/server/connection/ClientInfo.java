package dev.tidewire.server.connection;

import java.net.SocketAddress;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known of a connection at one moment; the counters may be a read or write apart from each other.
 *
 * @param fd               the connection
 * @param remoteAddress    the client's end: of the socket or, behind a proxy that is believed, what that said last; a Unix domain
 *                         socket's clients have an empty path
 * @param proxyAddress     the socket's own other end, when {@code remoteAddress} is what a proxy said
 * @param localAddress     the server's end
 * @param connectedAt      when it was accepted
 * @param lastReceivedAt   when bytes last came in; {@code connectedAt} when none ever did
 * @param lastSentAt       when bytes were last written out; {@code connectedAt} when none ever were
 * @param bytesReceived    bytes read, protocol overhead included
 * @param bytesSent        bytes written, protocol overhead included
 * @param messagesReceived whole WebSocket messages, HTTP requests, or reads of a plain TCP connection
 * @param messagesSent     WebSocket data frames, HTTP responses, or sends of a plain TCP connection that were accepted
 * @param webSocketStatus  how far it is with WebSocket
 * @param queuedBytes      bytes accepted for sending that the socket has not taken yet
 * @param tls              what its TLS handshake agreed on; its bytes are counted as they are inside TLS
 */
public record ClientInfo(
        long fd,
        SocketAddress remoteAddress,
        Optional<SocketAddress> proxyAddress,
        SocketAddress localAddress,
        Instant connectedAt,
        Instant lastReceivedAt,
        Instant lastSentAt,
        long bytesReceived,
        long bytesSent,
        long messagesReceived,
        long messagesSent,
        WebSocketStatus webSocketStatus,
        int queuedBytes,
        Optional<TlsInfo> tls) {}
