package dev.tidewire.cli;

import static dev.tidewire.cli.Arguments.flag;
import static dev.tidewire.cli.Arguments.valued;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** {@code tidewire echo}: the server that load and conformance tools are pointed at. */
final class Echo implements Command {
    private static final int MIN_QUEUED_BYTES = 16 << 20;
    /** More than the header of any frame. */
    private static final long HEADER_BYTES = 16;

    private static final ByteSize DEFAULT_MESSAGE_SIZE = new ByteSize(64 << 20);
    private static final int DEFAULT_FRAGMENTS = 131_072;
    private static final int MAX_THREADS = 10_000;

    private static final Option THREADS = valued("threads", "N", "Event loops (default: one for each processor).");
    private static final Option DISPATCH = valued(
            "dispatch",
            "MODE",
            "Where messages are handled: virtual threads, the connection's event-loop (fastest), or workers, a"
                    + " fixed number of threads (default: " + DispatchMode.virtual + ").");
    private static final Option WORKERS =
            valued("workers", "N", "Threads of --dispatch workers (default: one for each processor).");
    private static final Option TRANSPORT = valued(
            "transport",
            "NAME",
            Arguments.list(TransportName.values()) + " (default: " + TransportName.auto
                    + ", the first of them that works here).");
    private static final Option MAX_MESSAGE_SIZE = valued(
            "max-message-size",
            "SIZE",
            "Longest message, such as 65536, 512k, 64m or 1g; a longer one closes its connection with 1009"
                    + " (default: " + DEFAULT_MESSAGE_SIZE + ").");
    private static final Option MAX_FRAGMENTS = valued(
            "max-fragments",
            "N",
            "Most fragments of one message, 0 for any number (default: " + DEFAULT_FRAGMENTS + ").");
    private static final Option COMPRESSION = flag(
            "compression", "Compress messages from 1 KiB with clients that offer permessage-deflate (default: off).");

    /** The modes as they are written on the command line. */
    enum DispatchMode {
        virtual,
        event_loop,
        workers;

        @Override
        public String toString() {
            return name().replace('_', '-');
        }
    }

    /** {@link Transport} as it is written on the command line. */
    enum TransportName {
        auto,
        io_uring,
        epoll,
        kqueue,
        nio;

        Transport transport() {
            return Transport.valueOf(name().toUpperCase(Locale.ROOT));
        }
    }

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public List<String> description() {
        return List.of(
                "Sends every message back.",
                "Clients on the path " + EchoServer.BROADCAST_PATH
                        + " share a room: each message sent there goes to all of them, its sender included.");
    }

    @Override
    public List<Option> options() {
        return Stream.concat(
                        Stream.of(THREADS, DISPATCH, WORKERS, TRANSPORT, MAX_MESSAGE_SIZE, MAX_FRAGMENTS, COMPRESSION),
                        ListenOptions.OPTIONS.stream())
                .toList();
    }

    @Override
    public int run(Arguments arguments, Console console) throws InterruptedException {
        ListenOptions listen = new ListenOptions(arguments);
        WebSocketServer server = EchoServer.of(options(arguments, listen));
        return Foreground.serve(
                server,
                listen.operation(),
                console.out(),
                () -> console.out().println(announcement(server, arguments, listen.scheme("ws"))));
    }

    private static ServerOptions options(Arguments arguments, ListenOptions listen) {
        int processors = Runtime.getRuntime().availableProcessors();
        int threads = arguments.number(THREADS, 1, MAX_THREADS, "").orElse(processors);
        Dispatch dispatch = dispatch(arguments, processors);
        Transport transport = arguments.oneOf(TRANSPORT, TransportName.auto).transport();
        int maxMessageBytes = arguments
                .size(MAX_MESSAGE_SIZE, 1, Integer.MAX_VALUE)
                .orElse(DEFAULT_MESSAGE_SIZE)
                .bytes();
        int maxFragments = arguments
                .number(MAX_FRAGMENTS, 0, Integer.MAX_VALUE, "fragments")
                .orElse(DEFAULT_FRAGMENTS);
        try {
            return listen.serverOptions()
                    .threads(threads)
                    .dispatch(dispatch)
                    .transport(transport)
                    .maxMessageBytes(maxMessageBytes)
                    .maxQueuedBytes(queueFor(maxMessageBytes))
                    .maxFragments(maxFragments)
                    .compression(arguments.has(COMPRESSION) ? DeflatePolicy.TAKEOVER : DeflatePolicy.OFF)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new Misuse(e);
        }
    }

    private static Dispatch dispatch(Arguments arguments, int processors) {
        int workers = arguments.number(WORKERS, 1, MAX_THREADS, "").orElse(processors);
        DispatchMode mode = arguments.oneOf(DISPATCH, DispatchMode.virtual);
        if (mode != DispatchMode.workers && arguments.has(WORKERS)) {
            throw new Misuse("--workers needs --dispatch workers");
        }
        return switch (mode) {
            case virtual -> Dispatch.VIRTUAL;
            case event_loop -> Dispatch.EVENT_LOOP;
            case workers -> Dispatch.workers(workers);
        };
    }

    /** Room for two of the longest messages, so that one may be on its way while the next is echoed. */
    static int queueFor(int maxMessageBytes) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(MIN_QUEUED_BYTES, 2 * (maxMessageBytes + HEADER_BYTES)));
    }

    private static String announcement(WebSocketServer server, Arguments arguments, String scheme) {
        Address address = Address.of(server);
        ServerOptions options = server.options();
        return "tidewire echo listens on " + address + ": " + address.url(scheme) + " (threads=" + options.threads()
                + " dispatch=" + arguments.oneOf(DISPATCH, DispatchMode.virtual)
                + (options.dispatch() instanceof Dispatch.Workers(int threads) ? " workers=" + threads : "")
                + " transport=" + server.transport().name().toLowerCase(Locale.ROOT)
                + " max-message-size=" + new ByteSize(options.maxMessageBytes())
                + " max-fragments=" + options.maxFragments()
                + " compression=" + (arguments.has(COMPRESSION) ? "on" : "off") + ")";
    }
}
