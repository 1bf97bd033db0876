package dev.tidewire.verification.badinput;

import dev.tidewire.testkit.RawClient;
import java.util.function.Consumer;

/**
 * One row of {@code docs/bad-input.md}.
 *
 * @param input  what comes, in words
 * @param attack does it
 * @param answer what the peer gets
 * @param logged the event in the log at DEBUG, or an empty text
 */
record Row(String input, Consumer<RawClient> attack, Answer answer, String logged) {
    /** Its line in the document. */
    String line() {
        String heard = answer.heard().isEmpty()
                ? "nothing"
                : String.join(", ", answer.heard()).toUpperCase(java.util.Locale.ROOT);
        return "| " + input + " | " + answer.text() + " | " + heard + " | "
                + (logged.isEmpty() ? "" : "`" + logged + "`") + " |";
    }

    @Override
    public String toString() {
        return input;
    }
}
