package dev.tidewire.cli;

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
            throw new Misuse(
                    name(e.getOption()) + " needs a value: " + e.getOption().getArgName());
        } catch (ParseException e) {
            throw new Misuse(String.valueOf(e.getMessage()));
        }
    }

    private static String unknown(String word, Options known) {
        String[] parts = word.split("=", 2);
        return parts.length == 2 && known.hasLongOption(parts[0].substring(2))
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

    OptionalInt number(Option option) {
        Optional<String> text = text(option);
        if (text.isEmpty()) return OptionalInt.empty();
        try {
            return OptionalInt.of(Integer.parseInt(text.get()));
        } catch (NumberFormatException e) {
            throw new Misuse(name(option) + " must be a whole number of up to 31 bits, was '" + text.get() + "'");
        }
    }

    /**
     * A number from {@code least} to {@code most}.
     *
     * @param unit what it counts; empty for a number of nothing
     */
    OptionalInt number(Option option, int least, int most, String unit) {
        OptionalInt number = number(option);
        number.ifPresent(n -> requireWithin(option, n, least, most, unit));
        return number;
    }

    Optional<ByteSize> size(Option option) {
        try {
            return text(option).map(ByteSize::parse);
        } catch (IllegalArgumentException e) {
            throw new Misuse(name(option) + ": " + e.getMessage());
        }
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

    static void requireWithin(Option option, int value, int least, int most, String unit) {
        if (value >= least && value <= most) return;
        String range = least + " to " + most + (unit.isEmpty() ? "" : " " + unit);
        throw new Misuse(name(option) + " must be " + range + ", was " + value);
    }
}
