package dev.tidewire.verification.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tidewire.verification.conformance.Step.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Reads a file of rows; docs/conformance.md has the grammar. */
final class Table {
    private static final Pattern TITLE = Pattern.compile("\\[([a-z0-9-]+)] ((?:§|RFC ).+)");
    private static final Pattern REPEATED = Pattern.compile("([0-9]+) x (.+)");

    private final List<Row> rows = new ArrayList<>();
    private Map<String, Integer> limits = Map.of();

    private Table() {}

    /** The rows of one file among the test resources. */
    static List<Row> read(String name) {
        Table table = new Table();
        for (List<String> block : blocks(name)) {
            try {
                table.add(block);
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(name + ": " + block.getFirst(), e);
            }
        }
        return List.copyOf(table.rows);
    }

    /** The lines between blank lines, without comments. */
    static List<List<String>> blocks(String name) {
        List<List<String>> blocks = new ArrayList<>();
        List<String> block = new ArrayList<>();
        for (String line : text(name).lines().toList()) {
            if (line.isBlank() && !block.isEmpty()) {
                blocks.add(block);
                block = new ArrayList<>();
            }
            String content = line.replaceFirst("(^|\\s+)# .*", "");
            if (!content.isBlank()) block.add(content);
        }
        if (!block.isEmpty()) blocks.add(block);
        return blocks;
    }

    /** The one row of a title line with each combination of the values of its {@code each} lines. */
    static List<Map<String, String>> combinations(List<String> lines) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (String line : lines) {
            if (!line.strip().startsWith("each ")) continue;
            String[] nameAndValues = line.strip().substring("each ".length()).split(" = ", 2);
            values.computeIfAbsent(nameAndValues[0], name -> new ArrayList<>()).addAll(values(nameAndValues[1]));
        }
        List<Map<String, String>> combinations = List.of(Map.of());
        for (var variable : values.entrySet()) {
            combinations = combinations.stream()
                    .flatMap(
                            chosen -> variable.getValue().stream().map(value -> with(chosen, variable.getKey(), value)))
                    .toList();
        }
        return combinations;
    }

    /** Reads {@code [id] §section sentence}. */
    static Title title(String line) {
        Matcher matcher = TITLE.matcher(line);
        if (!matcher.matches()) throw new IllegalArgumentException("not the title of a row: " + line);
        return new Title(matcher.group(1), matcher.group(2));
    }

    /** The first line of a row, before its variables are replaced. */
    record Title(String id, String text) {
        /** With the values of its variables; those that it does not name stand behind it. */
        String sentence(Map<String, String> variables) {
            StringBuilder sentence = new StringBuilder(substitute(text, variables));
            variables.forEach((name, value) -> {
                if (!text.contains('{' + name + '}'))
                    sentence.append(", ").append(name).append(' ').append(value);
            });
            return sentence.toString();
        }
    }

    /** {@code line} with its variables replaced. */
    static String substitute(String line, Map<String, String> variables) {
        String result = line;
        for (var variable : variables.entrySet()) {
            result = result.replace('{' + variable.getKey() + '}', variable.getValue());
        }
        return result;
    }

    /** Separated by bars when there are any, by blanks otherwise. */
    private static Collection<String> values(String text) {
        return List.of(text.strip().split(text.contains("|") ? " *\\| *" : " +"));
    }

    private static Map<String, String> with(Map<String, String> others, String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(others);
        all.put(name, value);
        return all;
    }

    private static String text(String name) {
        try (InputStream in = Table.class.getResourceAsStream("/conformance/" + name)) {
            if (in == null) throw new IllegalArgumentException("there is no table " + name);
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void add(List<String> block) {
        if (block.getFirst().startsWith("server")) {
            limits = limits(block.getFirst());
            return;
        }
        for (Map<String, String> variables : combinations(block)) {
            Reading reading = new Reading();
            for (String line : block.subList(1, block.size())) {
                reading.take(substitute(line.strip(), variables));
            }
            rows.add(reading.row(title(block.getFirst()), variables));
        }
    }

    private static Map<String, Integer> limits(String line) {
        Map<String, Integer> limits = new LinkedHashMap<>();
        for (String setting : List.of(line.substring("server".length()).strip().split(" +"))) {
            int equals = setting.indexOf('=');
            limits.put(setting.substring(0, equals), Integer.valueOf(setting.substring(equals + 1)));
        }
        return limits;
    }

    /** One row while its lines are read. */
    private final class Reading {
        private final List<Step> steps = new ArrayList<>();
        private final List<Integer> chops = new ArrayList<>();
        private String path = "/";
        private String offer = "";
        private String answer = "";

        void take(String line) {
            String rest = line.substring(line.indexOf(' ') + 1);
            switch (line.substring(0, line.indexOf(' '))) {
                case "each" -> {}
                case "path" -> path = rest;
                case "offer" -> offer = rest;
                case "answer" -> answer = rest;
                case "chops" -> FrameText.words(rest).forEach(bytes -> chops.add(Integer.valueOf(bytes)));
                case ">" -> steps.addAll(sent(rest));
                case "<" -> expect(rest);
                case "&" -> steps.add(joined(steps.removeLast(), answers(rest)));
                default -> throw new IllegalArgumentException("not a line of a row: " + line);
            }
        }

        Row row(Title title, Map<String, String> variables) {
            if (!(steps.getLast() instanceof Step.ExpectEnd)) {
                List.of("> close 1000", "< close 1000", "< end").forEach(this::take);
            }
            return new Row(title.id(), title.sentence(variables), path, offer, answer, limits, chops, steps);
        }

        private List<? extends Step> sent(String text) {
            if (text.equals("eof")) return List.of(new Step.EndOurHalf());
            if (text.startsWith("raw "))
                return List.of(new Step.SendRaw(FrameText.hex(text.substring("raw ".length()))));
            if (!text.startsWith("deflated ")) return List.of(new Step.Send(frames(text)));
            return repeated(text.substring("deflated ".length())).stream()
                    .map(FrameText::parseDeflated)
                    .toList();
        }

        private void expect(String text) {
            if (text.equals("end")) {
                steps.add(new Step.ExpectEnd());
            } else {
                answers(text).forEach(answer -> steps.add(new Step.Expect(List.of(answer))));
            }
        }
    }

    private static List<Answer> answers(String text) {
        String rest = text.substring(text.indexOf(' ') + 1);
        return switch (text.substring(0, text.length() - rest.length()).strip()) {
            case "fails" -> {
                List<String> codeAndRule = FrameText.words(rest);
                yield List.of(new Answer.Failure(Integer.parseInt(codeAndRule.getFirst()), codeAndRule.getLast()));
            }
            case "deflated" -> deflated(rest, true);
            case "either" -> deflated(rest, false);
            default -> frames(text).stream().<Answer>map(Answer.Exactly::new).toList();
        };
    }

    private static List<Answer> deflated(String text, boolean always) {
        return frames(text).stream()
                .<Answer>map(frame -> new Answer.Deflated(frame, always))
                .toList();
    }

    private static List<WireFrame> frames(String text) {
        return repeated(text).stream()
                .flatMap(one -> FrameText.parse(one).stream())
                .toList();
    }

    /** {@code 2 x ping "{n}"} is {@code ping "1"} and {@code ping "2"}. */
    private static List<String> repeated(String text) {
        Matcher matcher = REPEATED.matcher(text);
        if (!matcher.matches()) return List.of(text);
        return IntStream.rangeClosed(1, Integer.parseInt(matcher.group(1)))
                .mapToObj(n -> matcher.group(2).replace("{n}", Integer.toString(n)))
                .toList();
    }

    private static Step.Expect joined(Step before, List<Answer> more) {
        if (!(before instanceof Step.Expect expect)) throw new IllegalArgumentException("& without a < before it");
        List<Answer> answers = new ArrayList<>(expect.answers());
        answers.addAll(more);
        return new Step.Expect(answers);
    }
}
