package dev.tidewire.cli;

import static java.lang.System.Logger.Level.DEBUG;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The {@code tidewire} command.
 *
 * <p>It ends with 0 when it did what was asked, 1 when that failed, 2 when the command line makes no sense. What failed is one
 * sentence on standard error, never a stack trace: that is logged at {@code debug}.
 */
@Command(
        name = "tidewire",
        description = "A WebSocket server engine for Java with Swoole's programming model.",
        subcommands = {Demo.class, Echo.class, Connect.class, Bench.class, Rehearse.class},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        usageHelpAutoWidth = true)
public final class Tidewire {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private static final System.Logger LOG = System.getLogger("dev.tidewire.cli");

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            scope = ScopeType.INHERIT,
            description = "Least level to log on standard error: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private LogLevel logLevel = LogLevel.warn;

    /** Runs the command and ends the process with its exit code. */
    public static void main(String... arguments) {
        System.exit(run(lines(FileDescriptor.out), lines(FileDescriptor.err), arguments));
    }

    /** Runs the command and says how it ended. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        Tidewire tidewire = new Tidewire();
        return new CommandLine(tidewire)
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Tidewire::correct)
                .setExecutionStrategy(tidewire::execute)
                .setExecutionExceptionHandler(Tidewire::explain)
                .execute(arguments);
    }

    private int execute(CommandLine.ParseResult parsed) {
        Integer answered = CommandLine.executeHelpRequest(parsed);
        if (answered != null) return answered;
        logLevel.configure();
        return new CommandLine.RunLast().execute(parsed);
    }

    private static int correct(CommandLine.ParameterException misuse, String[] arguments) {
        CommandLine command = misuse.getCommandLine();
        command.getErr().println("tidewire: " + misuse.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(misuse, command.getErr())) {
            command.getErr().println("'" + command.getCommandSpec().qualifiedName() + " --help' shows what there is.");
        }
        return MISUSED;
    }

    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        boolean expected = failure instanceof CommandFailure;
        command.getErr().println("tidewire: " + (expected ? failure.getMessage() : "internal error: " + failure));
        LOG.log(DEBUG, "event=command_failed", failure);
        return FAILED;
    }

    /** In UTF-8 whatever the locale says: what clients send must come out as it is. Each line is written at once. */
    private static PrintWriter lines(FileDescriptor stream) {
        return new PrintWriter(new FileOutputStream(stream), true, StandardCharsets.UTF_8);
    }
}
