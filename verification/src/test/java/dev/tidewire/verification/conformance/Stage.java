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

    private final Map<Dispatch, Map<Map<String, Integer>, Target>> targets = new HashMap<>();
    private final ExecutorService players = Executors.newFixedThreadPool(16);

    /** Plays a scene in every dispatch mode with every cut; with workers, and on event loops when it is large, uncut only. */
    void play(Scene scene) throws InterruptedException {
        List<Callable<Void>> plays = new ArrayList<>();
        for (Cut cut : scene.cuts()) {
            plays.add(play(scene, Dispatch.VIRTUAL, cut));
            if (!scene.isLarge()) plays.add(play(scene, Dispatch.EVENT_LOOP, cut));
        }
        if (scene.isLarge()) plays.add(play(scene, Dispatch.EVENT_LOOP, new Cut.Whole()));
        plays.add(play(scene, WORKERS, new Cut.Whole()));
        List<Future<Void>> played = scene.isLarge() ? oneByOne(plays) : players.invokeAll(plays);
        assertAll(scene.toString(), played.stream().map(Stage::outcome));
    }

    @Override
    public void close() {
        players.close();
        targets.values().forEach(byLimits -> byLimits.values().forEach(Target::close));
    }

    private Callable<Void> play(Scene scene, Dispatch dispatch, Cut cut) {
        Target target = targets.computeIfAbsent(dispatch, mode -> new HashMap<>())
                .computeIfAbsent(scene.limits(), limits -> new Target(dispatch, limits));
        return () -> {
            try {
                scene.play(target, cut);
                return null;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(dispatch + ", " + cut + ": " + e.getMessage(), e);
            }
        };
    }

    private List<Future<Void>> oneByOne(List<Callable<Void>> plays) throws InterruptedException {
        List<Future<Void>> played = new ArrayList<>();
        for (Callable<Void> play : plays) {
            played.addAll(players.invokeAll(List.of(play)));
        }
        return played;
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
