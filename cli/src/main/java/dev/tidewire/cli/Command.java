package dev.tidewire.cli;

import java.util.List;
import org.apache.commons.cli.Option;

/** One of the commands. Has no state: one of each serves every run. */
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

    /** True for a command that leaves it to another program to read its words. */
    default boolean takesAnything() {
        return false;
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
