package dev.tidewire.server.internal.engine;

/** A conversation in which a peer can be asked whether it is there. */
public interface Pinging extends Conversation {
    /** Asks. On the loop. */
    void ping();

    /** The peer gave no sign of life: ends without a word, for nobody would hear it. On the loop. */
    void lost();
}
