package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Builds the programs of the peers, each with its class path, unless they are built.
 *
 * @param root of the source tree
 * @param told is told in a sentence what happens
 */
public record PeerBuild(Path root, Consumer<String> told) {
    private static final String STAMP = "bench-built";

    /** Those of the peers that can be started; for each other, why not is told. */
    public List<Peer> ready(List<Peer> peers) throws InterruptedException {
        Set<String> missing = new HashSet<>();
        List<String> stale = new ArrayList<>();
        for (String folder : peers.stream().map(Peer::folder).distinct().toList()) {
            if (folder.equals(Peers.WS)) {
                if (!npmReady()) missing.add(folder);
            } else if (!folder.isEmpty() && !isFresh(folder)) {
                stale.add(folder);
            }
        }
        if (!stale.isEmpty() && !build(stale)) missing.addAll(stale);
        return peers.stream().filter(peer -> !missing.contains(peer.folder())).toList();
    }

    private boolean build(List<String> folders) throws InterruptedException {
        told.accept("building " + String.join(", ", folders) + " ...");
        List<String> command = List.of(
                "mvn",
                "-B",
                "-ntp",
                "-q",
                "-f",
                parent().toString(),
                "-pl",
                String.join(",", folders),
                "-am",
                "-Dspotless.check.skip=true",
                "clean",
                "package");
        try {
            Output.of(command);
            for (String folder : folders) {
                Files.writeString(stamp(folder), "");
            }
            return true;
        } catch (IOException e) {
            told.accept("skipped " + String.join(", ", folders) + ": " + e.getMessage());
            return false;
        }
    }

    private boolean npmReady() throws InterruptedException {
        try {
            Output.of(List.of("node", "--version"));
            if (!Files.exists(folder(Peers.WS).resolve("node_modules"))) {
                told.accept("installing " + Peers.WS + " ...");
                Output.of(List.of("npm", "ci", "--prefix", folder(Peers.WS).toString(), "--no-audit", "--no-fund"));
            }
            return true;
        } catch (IOException e) {
            told.accept("skipped " + Peers.WS + ", which needs node and npm: " + e.getMessage());
            return false;
        }
    }

    private boolean isFresh(String folder) {
        Path stamp = stamp(folder);
        if (!Files.exists(stamp)) return false;
        try {
            FileTime built = Files.getLastModifiedTime(stamp);
            List<Path> sources =
                    new ArrayList<>(List.of(parent(), folder(folder).resolve("pom.xml")));
            sources.addAll(files(folder));
            sources.addAll(files("common"));
            for (Path source : sources) {
                if (Files.getLastModifiedTime(source).compareTo(built) > 0) return false;
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder(folder).resolve("src"))) {
            return files.toList();
        }
    }

    private Path stamp(String folder) {
        return folder(folder).resolve("target", STAMP);
    }

    private Path parent() {
        return folder("pom.xml");
    }

    private Path folder(String name) {
        return root.resolve("benchmarks", "peers", name);
    }
}
