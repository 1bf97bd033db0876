package dev.tidewire.server.options;

/** What is spoken where a server listens. */
public enum ListenerProtocol {
    /** Bytes that are the application's own. */
    TCP("TCP"),
    /** HTTP/1.1 without WebSocket. */
    HTTP("HTTP"),
    /** WebSocket, and HTTP/1.1 beside it. */
    WEB_SOCKET("WebSocket"),
    /** Datagrams. */
    UDP("UDP");

    private final String label;

    ListenerProtocol(String label) {
        this.label = label;
    }

    /** The name as people write it. */
    @Override
    public String toString() {
        return label;
    }
}
