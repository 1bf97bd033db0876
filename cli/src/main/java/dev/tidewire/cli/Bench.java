package dev.tidewire.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * {@code tidewire bench}, for the list of commands: the launcher of a source tree runs the benchmark before it comes to this, for
 * what that needs is not shipped.
 */
@Command(
        name = "bench",
        description = "Measures Tidewire beside other servers; only from a source tree, by its launcher ./tidewire.")
final class Bench implements Callable<Integer> {
    /** Whatever the benchmark understands. */
    @SuppressWarnings("UnusedVariable")
    @Unmatched
    private String[] arguments = {};

    @Override
    public Integer call() {
        throw new CommandFailure("the benchmark is not part of this program: run ./tidewire bench in a source tree");
    }
}
