package dev.tidewire.cli;

import java.util.List;

/**
 * {@code tidewire bench}, for the list of commands: the launcher of a source tree runs the benchmark before it comes to this, for
 * what that needs is not shipped.
 */
final class Bench implements Command {
    @Override
    public String name() {
        return "bench";
    }

    @Override
    public List<String> description() {
        return List.of("Measures Tidewire beside other servers; only from a source tree, by its launcher ./tidewire.");
    }

    @Override
    public boolean takesAnything() {
        return true;
    }

    @Override
    public int run(Arguments arguments, Console console) {
        throw new CommandFailure("the benchmark is not part of this program: run ./tidewire bench in a source tree");
    }
}
