package dev.tidewire.cli;

import static dev.tidewire.cli.Arguments.valued;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** {@code tidewire connect}: a WebSocket client for the terminal, on the JDK's own client. */
final class Connect implements Command {
    private static final Set<String> SCHEMES = Set.of("ws", "wss");
    /** What servers of the command print for a Unix domain socket. */
    private static final Pattern UNIX = Pattern.compile("(\\w+\\+)?unix:");

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    private static final int DAY_SECONDS = 86_400;

    private static final Option ONCE = valued("once", "TEXT", "Send this one message, print one reply and end.");
    private static final Option TIMEOUT = valued(
            "timeout",
            "SECONDS",
            "How long to wait for the connection, and for the reply of --once (default: " + DEFAULT_TIMEOUT.toSeconds()
                    + ").");

    @Override
    public String name() {
        return "connect";
    }

    @Override
    public List<String> description() {
        return List.of(
                "Sends each line typed as a text message and prints what comes: text as it is, binary in hex.",
                "Ctrl-D ends the conversation with close code 1000.",
                "URL is such as ws://127.0.0.1:9502/chat, or wss:// for TLS.");
    }

    @Override
    public List<Option> options() {
        return Stream.concat(Stream.of(ONCE, TIMEOUT), TrustArguments.OPTIONS.stream())
                .toList();
    }

    @Override
    public List<String> operands() {
        return List.of("URL");
    }

    @Override
    public int run(Arguments arguments, Console console) throws InterruptedException {
        Duration timeout = arguments.seconds(TIMEOUT, 1, DAY_SECONDS).orElse(DEFAULT_TIMEOUT);
        URI address = address(arguments.words().getFirst());
        HttpClient client = client(address, new TrustArguments(arguments, console));
        try {
            Peer peer = Peer.connect(client, address, timeout);
            Optional<String> once = arguments.text(ONCE);
            return once.isEmpty() ? converse(peer, address, console) : ask(peer, once.get(), timeout, console);
        } finally {
            client.shutdownNow();
        }
    }

    private static URI address(String url) {
        if (UNIX.matcher(url).lookingAt()) throw new Misuse("connect has no Unix domain sockets, was '" + url + "'");
        try {
            URI address = new URI(url);
            String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
            if (!SCHEMES.contains(scheme) || address.getHost() == null) {
                throw new Misuse("the URL must be ws://host:port/path or wss://host:port/path, was '" + url + "'");
            }
            // RFC 6455 section 3.
            if (address.getFragment() != null) throw new Misuse("a WebSocket URL has no #fragment, was '" + url + "'");
            return address;
        } catch (URISyntaxException e) {
            throw new Misuse("not a URL: " + e.getMessage());
        }
    }

    private static HttpClient client(URI address, TrustArguments trust) {
        HttpClient.Builder builder = HttpClient.newBuilder();
        trust.context(address.getScheme().equalsIgnoreCase("wss")).ifPresent(builder::sslContext);
        return builder.build();
    }

    private static int ask(Peer peer, String message, Duration timeout, Console console) throws InterruptedException {
        peer.send(message);
        switch (peer.next(timeout)) {
            case Peer.Text(String text) -> console.out().println(Printable.lines(text));
            case Peer.Binary(byte[] bytes) -> console.out().println(Printable.hex(bytes));
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
    private static int converse(Peer peer, URI address, Console console) throws InterruptedException {
        console.err().println("connected to " + address + ": a line typed is a message sent, Ctrl-D ends");
        Signals.onFirst(peer::close);
        Thread.ofPlatform().daemon().name("tidewire-input").start(() -> sendLines(peer));
        while (true) {
            switch (peer.next()) {
                case Peer.Text(String text) -> console.out().println(Printable.lines(text));
                case Peer.Binary(byte[] bytes) -> console.out().println(Printable.hex(bytes));
                case Peer.Lost(String why) -> throw new CommandFailure("the connection was lost: " + why);
                case Peer.Silence _ -> {} // not without a timeout
                case Peer.Closed closed -> {
                    console.err().println("closed: " + closed);
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
}
