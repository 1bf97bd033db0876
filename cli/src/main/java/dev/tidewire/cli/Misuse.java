package dev.tidewire.cli;

/** What is wrong with the words of a command line: a sentence for who wrote them, and exit code 2. */
final class Misuse extends RuntimeException {
    Misuse(String sentence) {
        super(sentence);
    }

    /** That of the server's options is the sentence. */
    Misuse(IllegalArgumentException refused) {
        super(refused.getMessage(), refused);
    }
}
