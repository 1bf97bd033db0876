package dev.tidewire.server.internal.engine;

/** What a frame is to the order of frames: whole messages may change places with those around them, fragments may not. */
public enum Piece {
    /** A whole message, or bytes of a plain TCP connection that were sent together. */
    WHOLE,
    /** A control frame, which may stand between the fragments of a message. */
    CONTROL,
    /** The first fragment of a message. */
    FIRST,
    /** Neither the first nor the last fragment. */
    MIDDLE,
    /** The last fragment. */
    LAST;

    /** True for part of a message in several frames. */
    boolean isFragment() {
        return this != WHOLE && this != CONTROL;
    }

    /** True for what goes on with an unfinished message. */
    boolean isContinuation() {
        return this == MIDDLE || this == LAST;
    }
}
