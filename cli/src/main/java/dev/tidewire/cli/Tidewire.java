package dev.tidewire.cli;

import static java.lang.System.Logger.Level.DEBUG;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/**
 * The {@code tidewire} command.
 *
 * <p>It ends with 0 when it did what was asked, 1 when that failed, 2 when the command line makes no sense. What failed is one
 * sentence on standard error, never a stack trace: that is logged at {@code debug}.
 */
public final class Tidewire {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private static final System.Logger LOG = System.getLogger("dev.tidewire.cli");

    static final List<Command> COMMANDS = List.of(new Demo(), new Echo(), new Connect(), new Bench(), new Rehearse());

    private static final Option HELP =
            Option.builder("h").longOpt("help").desc("Show this and end.").get();
    private static final Option VERSION = Option.builder("V")
            .longOpt("version")
            .desc("Print the version and end.")
            .get();
    private static final Option LOG_LEVEL = Arguments.valued(
            "log-level",
            "LEVEL",
            "Least level to log on standard error: " + Arguments.list(LogLevel.values()) + " (default: " + LogLevel.warn
                    + ").");
    /** Those that every command has, before its name or behind it. */
    static final List<Option> COMMON = List.of(HELP, LOG_LEVEL, VERSION);

    private final Console console;
    /** What is called, as far as that is known. */
    private String called = "tidewire";

    private Tidewire(Console console) {
        this.console = console;
    }

    /** Runs the command and ends the process with its exit code. */
    public static void main(String... arguments) {
        System.exit(run(lines(FileDescriptor.out), lines(FileDescriptor.err), arguments));
    }

    /** Runs the command and says how it ended. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return new Tidewire(new Console(out, err)).run(List.of(arguments));
    }

    private int run(List<String> words) {
        try {
            Arguments leading = Arguments.leading(COMMON, words);
            if (isAnswered(leading, () -> Help.of(COMMANDS, COMMON))) return DONE;
            LogLevel logLevel = leading.oneOf(LOG_LEVEL, LogLevel.warn);
            if (leading.words().isEmpty()) throw new Misuse("which command? There are: " + names());
            Command command = command(leading.words().getFirst());
            called += " " + command.name();
            List<Option> options =
                    Stream.concat(command.options().stream(), COMMON.stream()).toList();
            List<String> behind = leading.words().subList(1, leading.words().size());
            Arguments arguments =
                    command.takesAnything() ? Arguments.leading(options, behind) : Arguments.all(options, behind);
            if (isAnswered(arguments, () -> Help.of(command, options))) return DONE;
            requireOperands(command, arguments.words());
            arguments.oneOf(LOG_LEVEL, logLevel).configure();
            return command.run(arguments, console);
        } catch (Misuse misuse) {
            console.err().println("tidewire: " + misuse.getMessage());
            console.err().println("'" + called + " --help' shows what there is.");
            return MISUSED;
        } catch (Exception failure) {
            boolean expected = failure instanceof CommandFailure;
            console.err().println("tidewire: " + (expected ? failure.getMessage() : "internal error: " + failure));
            LOG.log(DEBUG, "event=command_failed", failure);
            return FAILED;
        }
    }

    private boolean isAnswered(Arguments arguments, Supplier<List<String>> help) throws IOException {
        if (arguments.has(HELP)) {
            help.get().forEach(console.out()::println);
            return true;
        }
        if (arguments.has(VERSION)) {
            console.out().println(Version.line());
            return true;
        }
        return false;
    }

    private static Command command(String name) {
        if (name.startsWith("-")) throw new Misuse("no option '" + name + "' before the command");
        return COMMANDS.stream()
                .filter(command -> command.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new Misuse("no command '" + name + "', there are: " + names()));
    }

    private static String names() {
        return COMMANDS.stream().filter(Command::isListed).map(Command::name).collect(Collectors.joining(", "));
    }

    private static void requireOperands(Command command, List<String> words) {
        if (command.takesAnything()) return;
        List<String> operands = command.operands();
        if (words.size() < operands.size()) throw new Misuse(operands.get(words.size()) + " is missing");
        if (words.size() > operands.size())
            throw new Misuse("'" + words.get(operands.size()) + "' is one word too many");
    }

    /** In UTF-8 whatever the locale says: what clients send must come out as it is. Each line is written at once. */
    private static PrintWriter lines(FileDescriptor stream) {
        return new PrintWriter(new FileOutputStream(stream), true, StandardCharsets.UTF_8);
    }
}
