package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A peer that runs, until this is closed. */
final class ServerProcess implements AutoCloseable {
    private static final Duration STARTING = Duration.ofSeconds(30);

    private final Peer peer;
    private final Child child;
    private final int port;
    private final Path log;
    private final Setup setup;
    private final Set<Work> done = new HashSet<>();

    private ServerProcess(Peer peer, Setup setup, Child child, int port, Path log) {
        this.peer = peer;
        this.setup = setup;
        this.child = child;
        this.port = port;
        this.log = log;
    }

    /** Starts it without waiting; what it prints goes to a file in {@code logs}. */
    private static ServerProcess launch(Peer peer, Setup setup, Cores cores, Path logs)
            throws IOException, InterruptedException {
        List<String> prefix = setup == Setup.START ? cores.forAnyone() : cores.forServer();
        int port = freePort();
        Path log = Files.createDirectories(logs).resolve(peer.name() + ".log");
        List<String> command = Stream.concat(prefix.stream(), peer.program().command(setup, port).stream())
                .toList();
        Child child = Child.start(
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
        return new ServerProcess(peer, setup, child, port, log);
    }

    /** Starts it, and returns when it listens. */
    static ServerProcess start(Peer peer, Setup setup, Cores cores, Path logs)
            throws IOException, InterruptedException {
        ServerProcess server = launch(peer, setup, cores, logs);
        server.awaitListening();
        return server;
    }

    Peer peer() {
        return peer;
    }

    Setup setup() {
        return setup;
    }

    /** True once for each work: its code has yet to be compiled for it. */
    boolean isNewTo(Work work) {
        return done.add(work);
    }

    long pid() {
        return child.process().pid();
    }

    Target target(Work work) {
        return new Target(address(), work.path(), setup == Setup.TLS, work.extensions());
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    @Override
    public void close() {
        child.close();
    }

    private void awaitListening() throws IOException, InterruptedException {
        long end = System.nanoTime() + STARTING.toNanos();
        while (!listens()) {
            if (!child.process().isAlive() || System.nanoTime() > end) {
                close();
                throw new IOException(peer.name() + " did not start, see " + log);
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(address());
            return true;
        } catch (IOException e) {
            return false; // not yet
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
