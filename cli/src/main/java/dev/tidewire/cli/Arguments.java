package dev.tidewire.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/** The options and other words of a command line. What makes no sense is a {@link Misuse} that names the option and the value. */
final class Arguments {
    private static final int MAX_PORT = 65_535;

    private final CommandLine line;

    private Arguments(CommandLine line) {
        this.line = line;
    }

    /** An option without a value. */
    static Option flag(String name, String description) {
        return Option.builder().longOpt(name).desc(description).get();
    }

    /** An option with a value, for which {@code value} stands where the option is explained. */
    static Option valued(String name, String value, String description) {
        return Option.builder()
                .longOpt(name)
                .hasArg()
                .argName(value)
                .desc(description)
                .get();
    }

    /** As {@link #valued}, but the value may be left out. */
    static Option perhapsValued(String name, String value, String description) {
        Option option = valued(name, value, description);
        option.setOptionalArg(true);
        return option;
    }

    /** Reads all of them. */
    static Arguments all(List<Option> options, List<String> words) {
        return parse(options, words, false);
    }

    /** Reads options as far as the first word that is none of these; it and the rest are {@link #words}. */
    static Arguments leading(List<Option> options, List<String> words) {
        return parse(options, words, true);
    }

    private static Arguments parse(List<Option> options, List<String> words, boolean untilOther) {
        Options known = new Options();
        options.forEach(known::addOption);
        var parser = DefaultParser.builder()
                .setAllowPartialMatching(false)
                .setStripLeadingAndTrailingQuotes(false)
                .get();
        try {
            CommandLine line = parser.parse(known, words.toArray(String[]::new), untilOther);
            requireEachOnce(line);
            return new Arguments(line);
        } catch (UnrecognizedOptionException e) {
            throw new Misuse(unknown(e.getOption(), known));
        } catch (MissingArgumentException e) {
            throw new Misuse(missing(e.getOption(), words));
        } catch (ParseException e) { // not with options such as ours
            throw new Misuse(String.valueOf(e.getMessage()));
        }
    }

    private static String missing(Option option, List<String> words) {
        String name = name(option);
        int next = words.indexOf(name) + 1;
        boolean misread = next > 0 && next < words.size() && words.get(next).startsWith("-");
        return name + " needs a value: "
                + (misread ? name + "=" + words.get(next) + ", if this is it" : option.getArgName());
    }

    private static String unknown(String word, Options known) {
        String[] parts = word.split("=", 2);
        return parts.length == 2 && parts[0].startsWith("--") && known.hasLongOption(parts[0])
                ? parts[0] + " takes no value, was '" + parts[1] + "'"
                : "no option '" + word + "'";
    }

    private static void requireEachOnce(CommandLine line) {
        for (Option option : line.getOptions()) {
            if (line.getOptionCount(option) > 1) throw new Misuse(name(option) + " is given more than once");
        }
    }

    /** An option as it is written. */
    static String name(Option option) {
        return "--" + option.getLongOpt();
    }

    /** What is neither an option nor the value of one. */
    List<String> words() {
        return line.getArgList();
    }

    boolean has(Option option) {
        return line.hasOption(option);
    }

    /** The value; empty when there is none, be it that the option is not given or that its value was left out. */
    Optional<String> text(Option option) {
        return Optional.ofNullable(line.getOptionValue(option));
    }

    Optional<Path> path(Option option) {
        try {
            return text(option).map(Path::of);
        } catch (InvalidPathException e) {
            throw new Misuse(name(option) + " cannot be a path here: " + e.getMessage());
        }
    }

    /**
     * A number from {@code least} to {@code most}.
     *
     * @param unit what it counts; empty for a number of nothing
     */
    OptionalInt number(Option option, int least, int most, String unit) {
        Optional<String> text = text(option);
        if (text.isEmpty()) return OptionalInt.empty();
        try {
            int number = Integer.parseInt(text.get());
            requireWithin(option, number, least, most, unit);
            return OptionalInt.of(number);
        } catch (NumberFormatException e) {
            throw new Misuse(range(option, least, most, unit) + ", was '" + text.get() + "'");
        }
    }

    OptionalInt port(Option option) {
        return number(option, 0, MAX_PORT, "");
    }

    Optional<Duration> seconds(Option option, int least, int most) {
        OptionalInt seconds = number(option, least, most, "seconds");
        return seconds.isPresent() ? Optional.of(Duration.ofSeconds(seconds.getAsInt())) : Optional.empty();
    }

    Optional<ByteSize> size(Option option, int leastBytes, int mostBytes) {
        return text(option)
                .map(text -> ByteSize.parse(text)
                        .filter(size -> size.isWithin(leastBytes, mostBytes))
                        .orElseThrow(() -> new Misuse(range(option, leastBytes, mostBytes, "bytes, such as 512k or 10m")
                                + ", was '" + text + "'")));
    }

    /** The constant that is written so, in small letters or large ones; {@code otherwise} when the option is not given. */
    <E extends Enum<E>> E oneOf(Option option, E otherwise) {
        Optional<String> text = text(option);
        if (text.isEmpty()) return otherwise;
        E[] all = otherwise.getDeclaringClass().getEnumConstants();
        return Arrays.stream(all)
                .filter(constant -> constant.toString().equalsIgnoreCase(text.get()))
                .findFirst()
                .orElseThrow(
                        () -> new Misuse(name(option) + " must be one of " + list(all) + ", was '" + text.get() + "'"));
    }

    /** How the constants are written. */
    static String list(Enum<?>[] constants) {
        return Arrays.stream(constants).map(Enum::toString).collect(Collectors.joining(", "));
    }

    private static void requireWithin(Option option, int value, int least, int most, String unit) {
        if (value < least || value > most) throw new Misuse(range(option, least, most, unit) + ", was " + value);
    }

    private static String range(Option option, int least, int most, String unit) {
        return name(option) + " must be " + least + " to " + most + (unit.isEmpty() ? "" : " " + unit);
    }
}
