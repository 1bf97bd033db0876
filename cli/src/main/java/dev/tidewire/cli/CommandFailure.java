package dev.tidewire.cli;

/** What a command could not do, as one sentence for the person who asked for it. */
final class CommandFailure extends RuntimeException {
    CommandFailure(String sentence) {
        super(sentence);
    }

    CommandFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
