package dev.tidewire.cli;

import java.util.List;
import org.apache.commons.cli.Option;

/** One of the commands, which do nothing but hold what is constant. */
interface Command {
    String name();

    /** What it does, in lines of their own; the first is enough in a list of commands. */
    List<String> description();

    /** Its own; those that every command has are not among them. */
    default List<Option> options() {
        return List.of();
    }

    /** What the words that it needs stand for. */
    default List<String> operands() {
        return List.of();
    }

    /** False for a command that is not for people. */
    default boolean isListed() {
        return true;
    }

    /**
     * Does it.
     *
     * @return the exit code
     * @throws Misuse when the arguments make no sense
     * @throws CommandFailure when it fails
     */
    int run(Arguments arguments, Console console) throws Exception;
}
