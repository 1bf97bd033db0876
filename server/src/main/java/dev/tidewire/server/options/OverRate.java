package dev.tidewire.server.options;

/** What happens to a peer that sends more in a second than it may. */
public enum OverRate {
    /** Its socket is not read until what it sent is no more than it may; TCP then holds it back. Nothing is lost. */
    PAUSE,
    /** What is too much is not handled, and the connection is closed: a WebSocket with 1008, HTTP with 429. */
    CLOSE
}
