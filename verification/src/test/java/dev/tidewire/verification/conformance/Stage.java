package dev.tidewire.verification.conformance;

import static org.junit.jupiter.api.Assertions.assertAll;

import dev.tidewire.server.options.Dispatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.function.Executable;

/** The servers that rows are played on, started when first needed, and the threads that play them. */
final class Stage implements AutoCloseable {
    private static final Dispatch WORKERS = Dispatch.workers(2);
    private static final List<Integer> SMALL_PIECES = List.of(1, 2, 3, 7);

    /** Most pieces of a row, unless it asks for more: each is a way to the server and back. */
    private static final int MAX_PIECES = 1_200;

    /** Rows larger than this are played one at a time and in fewer ways, for the sake of memory and time. */
    private static final int LARGE_BYTES = 1 << 20;

    private final Map<Dispatch, Map<Map<String, Integer>, Target>> targets = new HashMap<>();
    private final ExecutorService players = Executors.newFixedThreadPool(16);

    /** Plays a row in every dispatch mode, cut in every way that makes sense for its length. */
    void play(Row row) throws InterruptedException {
        List<Callable<Void>> plays = new ArrayList<>();
        cuts(row).forEach(cut -> plays.add(playing(Dispatch.VIRTUAL, row, cut)));
        List<Cut> onLoop = row.sentBytes() > LARGE_BYTES ? List.of(new Cut.Whole()) : cuts(row);
        onLoop.forEach(cut -> plays.add(playing(Dispatch.EVENT_LOOP, row, cut)));
        plays.add(playing(WORKERS, row, new Cut.Whole()));
        assertAll(row.toString(), run(row, plays).stream().map(Stage::outcome));
    }

    @Override
    public void close() {
        players.close();
        targets.values().forEach(byLimits -> byLimits.values().forEach(Target::close));
    }

    private static List<Cut> cuts(Row row) {
        List<Cut> cuts = new ArrayList<>(List.of(new Cut.Whole(), new Cut.Anywhere()));
        row.chops().forEach(bytes -> cuts.add(new Cut.Every(bytes)));
        if (row.sentBytes() > LARGE_BYTES) return cuts;
        cuts.add(new Cut.BehindTheRequest());
        for (int bytes : SMALL_PIECES) {
            if (row.sentBytes() / bytes <= MAX_PIECES) cuts.add(new Cut.Every(bytes));
        }
        return cuts;
    }

    private Callable<Void> playing(Dispatch dispatch, Row row, Cut cut) {
        Target target = targets.computeIfAbsent(dispatch, mode -> new HashMap<>())
                .computeIfAbsent(row.limits(), limits -> new Target(dispatch, limits));
        return () -> {
            Exchange.play(target, row, cut);
            return null;
        };
    }

    private List<Future<Void>> run(Row row, List<Callable<Void>> plays) throws InterruptedException {
        if (row.sentBytes() <= LARGE_BYTES) return players.invokeAll(plays);
        List<Future<Void>> done = new ArrayList<>();
        for (Callable<Void> play : plays) {
            done.addAll(players.invokeAll(List.of(play)));
        }
        return done;
    }

    private static Executable outcome(Future<Void> played) {
        return () -> {
            try {
                played.get();
            } catch (ExecutionException e) {
                throw e.getCause();
            }
        };
    }
}
