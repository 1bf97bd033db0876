package dev.tidewire.benchmarks.report;

import dev.tidewire.benchmarks.load.Load;
import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Work;
import dev.tidewire.benchmarks.run.Works;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Samples as Markdown tables, which read well on a terminal too. */
public final class Tables {
    private Tables() {}

    /**
     * One line for each peer, with medians. Of the figure that the work is about: its multiple of Tidewire's, and how far its rounds are
     * apart. For idle compressed connections also what they take over plain ones, where those were measured too.
     */
    public static String of(Results results, Work work) {
        List<Figure> figures = Figure.all(work);
        boolean overPlain = work.load() instanceof Load.Idle idle && idle.deflated();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("server", "ratio", "spread"));
        figures.forEach(figure -> head.add(figure.name()));
        if (overPlain) head.add("over plain");
        rows.add(head);
        for (String peer : results.peers(work.key())) {
            String server = peer + partlyFailed(results, work, peer);
            List<String> row =
                    new ArrayList<>(List.of(server, ratio(results, work, peer), spread(results, work, peer)));
            for (Figure figure : figures) {
                row.add(figure.measured(results, peer, work)
                        .map(figure::written)
                        .orElse("failed"));
            }
            if (overPlain) row.add(overPlain(results, work, peer));
            rows.add(row);
        }
        return markdown(rows);
    }

    private static String partlyFailed(Results results, Work work, String peer) {
        List<Sample> all = results.of(peer, work.key()).toList();
        long failed = all.stream().filter(sample -> sample.failure() != null).count();
        return failed == 0 || failed == all.size() ? "" : " (%d of %d failed)".formatted(failed, all.size());
    }

    /** Who failed at that work, and why: a line for each, none when nobody did. */
    public static String ofFailures(Results results, Work work) {
        return results.failures().stream()
                .filter(sample -> sample.work().equals(work.key()))
                .map(sample -> sample.peer() + " failed: " + sample.failure() + "\n")
                .distinct()
                .collect(Collectors.joining());
    }

    /**
     * The numbers to reach, and what was.
     *
     * @param all also those that were not measured
     */
    public static String ofGoals(Results results, boolean all) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("work", "to reach", "measured", "reached"));
        for (Goal goal : Goals.ALL) {
            Optional<Double> measured = goal.measured(results);
            if (measured.isEmpty() && !all) continue;
            rows.add(List.of(
                    goal.title(),
                    goal.wanted(),
                    measured.map(goal::written).orElse("not measured"),
                    measured.map(number -> goal.isReached(number) ? "yes" : "**no**")
                            .orElse("")));
        }
        return markdown(rows);
    }

    private static String overPlain(Results results, Work work, String peer) {
        return results.excess(peer, work.key(), Works.IDLE, Sample::bytesEach)
                .map(Figure.BYTES_EACH::written)
                .orElse("");
    }

    private static String ratio(Results results, Work work, String peer) {
        return results.ratio(
                        peer,
                        results.peers(work.key()).getFirst(),
                        work.key(),
                        Figure.main(work).of())
                .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio))
                .orElse("");
    }

    private static String spread(Results results, Work work, String peer) {
        return results.spread(peer, work.key(), Figure.main(work).of())
                .map(part -> String.format(Locale.ROOT, "%.0f %%", 100 * part))
                .orElse("");
    }

    /** The first row is the head; the first column is left-aligned, all others right. */
    public static String markdown(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder table = new StringBuilder(line(rows.getFirst(), widths)).append('|');
        for (int i = 0; i < columns; i++) {
            table.append("-".repeat(widths[i] + 1)).append(i == 0 ? "-" : ":").append('|');
        }
        table.append('\n');
        rows.stream().skip(1).forEach(row -> table.append(line(row, widths)));
        return table.toString();
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder("|");
        for (int i = 0; i < widths.length; i++) {
            String blanks = " ".repeat(widths[i] - row.get(i).length());
            line.append(' ')
                    .append(i == 0 ? row.get(i) + blanks : blanks + row.get(i))
                    .append(" |");
        }
        return line.append('\n').toString();
    }
}
