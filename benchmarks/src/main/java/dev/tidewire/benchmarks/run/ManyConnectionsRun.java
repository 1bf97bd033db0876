package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Runs {@link dev.tidewire.benchmarks.million} in a process of its own, for a JVM has one network all its life. */
public final class ManyConnectionsRun {
    private static final String PACKAGE = "dev.tidewire.benchmarks.million.";

    private ManyConnectionsRun() {}

    /** What it found, as Markdown. */
    public static String of(int connections) throws IOException, InterruptedException {
        return Output.of(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dio.netty.leakDetection.level=disabled",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseG1GC",
                "-Xmx6g",
                "-Djava.nio.channels.spi.SelectorProvider=" + PACKAGE + "MemoryNetwork",
                "-cp",
                System.getProperty("java.class.path"),
                PACKAGE + "ManyConnections",
                Integer.toString(connections)));
    }
}
