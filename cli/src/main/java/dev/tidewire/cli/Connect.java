package dev.tidewire.cli;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidewire connect}: a WebSocket client for the terminal, on the JDK's own client. */
@Command(
        name = "connect",
        description = {
            "Sends each line typed as a text message and prints what comes: text as it is, binary in hex.",
            "Ctrl-D ends the conversation with close code 1000."
        })
final class Connect implements Callable<Integer> {
    private static final Set<String> SCHEMES = Set.of("ws", "wss");

    @Parameters(paramLabel = "URL", description = "Such as ws://127.0.0.1:9502/chat, or wss:// for TLS.")
    private String url = "";

    @Option(names = "--once", paramLabel = "TEXT", description = "Send this one message, print one reply and end.")
    private @Nullable String once;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description =
                    "How long to wait for the connection, and for the reply of --once (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds = 10;

    @Mixin
    private final TrustArguments trust = new TrustArguments();

    @Spec
    private @Nullable CommandSpec command;

    @Override
    public Integer call() throws InterruptedException {
        if (timeoutSeconds < 1) throw Misuse.of(command, "--timeout must be at least 1, was " + timeoutSeconds);
        URI address = address();
        Duration timeout = Duration.ofSeconds(timeoutSeconds);
        HttpClient client = client(address);
        try {
            Peer peer = Peer.connect(client, address, timeout);
            return once == null ? converse(peer, address) : ask(peer, once, timeout);
        } finally {
            client.shutdownNow();
        }
    }

    private URI address() {
        try {
            URI address = new URI(url);
            String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
            if (!SCHEMES.contains(scheme) || address.getHost() == null) {
                throw Misuse.of(
                        command, "the URL must be ws://host:port/path or wss://host:port/path, was '" + url + "'");
            }
            // RFC 6455 section 3.
            if (address.getFragment() != null)
                throw Misuse.of(command, "a WebSocket URL has no #fragment, was '" + url + "'");
            return address;
        } catch (URISyntaxException e) {
            throw Misuse.of(command, "not a URL: " + e.getMessage());
        }
    }

    private HttpClient client(URI address) {
        HttpClient.Builder builder = HttpClient.newBuilder();
        trust.context(address.getScheme().equalsIgnoreCase("wss")).ifPresent(builder::sslContext);
        return builder.build();
    }

    private int ask(Peer peer, String message, Duration timeout) throws InterruptedException {
        peer.send(message);
        switch (peer.next(timeout)) {
            case Peer.Text(String text) -> out().println(Printable.lines(text));
            case Peer.Binary(byte[] bytes) -> out().println(Printable.hex(bytes));
            case Peer.Closed closed -> throw new CommandFailure("closed before a reply: " + closed);
            case Peer.Lost(String why) -> throw new CommandFailure("the connection was lost before a reply: " + why);
            case Peer.Silence _ ->
                throw new CommandFailure("no reply within " + timeout.toSeconds() + " s (--timeout waits longer)");
        }
        peer.close();
        peer.awaitEnd();
        return Tidewire.DONE;
    }

    /** What is said of the conversation goes to standard error, so that standard output is what the server said. */
    private int converse(Peer peer, URI address) throws InterruptedException {
        err().println("connected to " + address + ": a line typed is a message sent, Ctrl-D ends");
        Signals.onFirst(peer::close);
        Thread.ofPlatform().daemon().name("tidewire-input").start(() -> sendLines(peer));
        while (true) {
            switch (peer.next()) {
                case Peer.Text(String text) -> out().println(Printable.lines(text));
                case Peer.Binary(byte[] bytes) -> out().println(Printable.hex(bytes));
                case Peer.Lost(String why) -> throw new CommandFailure("the connection was lost: " + why);
                case Peer.Silence _ -> {} // not without a timeout
                case Peer.Closed closed -> {
                    err().println("closed: " + closed);
                    return Tidewire.DONE;
                }
            }
        }
    }

    private static void sendLines(Peer peer) {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        in.lines().takeWhile(line -> peer.send(line)).forEach(line -> {});
        peer.close();
    }

    private PrintWriter out() {
        return Objects.requireNonNull(command).commandLine().getOut();
    }

    private PrintWriter err() {
        return Objects.requireNonNull(command).commandLine().getErr();
    }
}
