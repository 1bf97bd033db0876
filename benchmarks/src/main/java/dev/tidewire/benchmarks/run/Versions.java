package dev.tidewire.benchmarks.run;

import io.netty.util.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which releases the peers are of. */
final class Versions {
    /** The first dependency with a version is what a peer is about. */
    private static final Pattern DEPENDENCY =
            Pattern.compile("<dependency>.*?</artifactId>\\s*<version>([^<$]+)</version>", Pattern.DOTALL);

    private static final Pattern WS = Pattern.compile("\"ws\": \"([^\"]+)\"");

    private Versions() {}

    /** Of all that there is a folder for, and of Netty, in a line. */
    static String of(Peers peers) throws IOException, InterruptedException {
        List<String> versions = new ArrayList<>(List.of("netty "
                + Objects.requireNonNull(Version.identify().get("netty-transport"))
                        .artifactVersion()));
        List<String> folders = peers.all().stream()
                .map(Peer::folder)
                .filter(folder -> !folder.isEmpty())
                .toList();
        for (String folder : folders) {
            versions.add(folder + " "
                    + (folder.equals(Peers.WS)
                            ? found(WS, peers.folder(folder).resolve("package.json")) + " on node " + node()
                            : found(DEPENDENCY, peers.folder(folder).resolve("pom.xml"))));
        }
        return String.join(", ", versions);
    }

    private static String found(Pattern version, Path file) throws IOException {
        Matcher matcher = version.matcher(Files.readString(file));
        if (!matcher.find()) throw new IOException(file + " names no version");
        return matcher.group(1);
    }

    private static String node() throws InterruptedException {
        try {
            return Output.of(List.of("node", "--version"));
        } catch (IOException e) {
            return "that is not there";
        }
    }
}
