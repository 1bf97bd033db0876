package dev.tidewire.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.cli.Option;

/** What {@code --help} prints, in lines that fit a narrow terminal. */
final class Help {
    private static final int WIDTH = 80;
    private static final int MARGIN = 2;
    /** Where explanations begin; an option too long for that has a line of its own. */
    private static final int EXPLANATION = 28;

    private final List<String> lines = new ArrayList<>();

    private Help() {}

    /** Of all commands. */
    static List<String> of(List<Command> commands, List<Option> common) {
        Help help = new Help();
        help.lines.add("Usage: tidewire [OPTION...] COMMAND");
        help.lines.add("A WebSocket server engine for Java with Swoole's programming model.");
        help.lines.add("Commands:");
        commands.stream()
                .filter(Command::isListed)
                .forEach(command ->
                        help.row(command.name(), command.description().getFirst()));
        help.options(common);
        help.lines.add("'tidewire COMMAND --help' shows the options of a command.");
        return help.lines;
    }

    /** Of one command. */
    static List<String> of(Command command, List<Option> options) {
        Help help = new Help();
        String operands = command.operands().isEmpty() ? "" : " " + String.join(" ", command.operands());
        help.lines.add("Usage: tidewire " + command.name() + " [OPTION...]" + operands);
        command.description().forEach(line -> help.lines.addAll(wrapped(line, WIDTH)));
        help.options(options);
        return help.lines;
    }

    private void options(List<Option> options) {
        lines.add("Options:");
        options.stream()
                .sorted(Comparator.comparing(Option::getLongOpt))
                .forEach(option -> row(written(option), option.getDescription()));
    }

    static String written(Option option) {
        String name = (option.getOpt() == null ? "    " : "-" + option.getOpt() + ", ") + Arguments.name(option);
        if (!option.hasArg()) return name;
        return option.hasOptionalArg() ? name + "[=" + option.getArgName() + "]" : name + "=" + option.getArgName();
    }

    private void row(String what, String explanation) {
        StringBuilder line = new StringBuilder(" ".repeat(MARGIN)).append(what);
        if (line.length() > EXPLANATION - MARGIN) {
            lines.add(line.toString());
            line.setLength(0);
        }
        for (String part : wrapped(explanation, WIDTH - EXPLANATION)) {
            lines.add(line.repeat(' ', EXPLANATION - line.length()).append(part).toString());
            line.setLength(0);
        }
    }

    /** Broken at blanks. */
    private static List<String> wrapped(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
