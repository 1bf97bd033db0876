package dev.tidewire.cli;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tidewire echo}: the server that load and conformance tools are pointed at. */
@Command(
        name = "echo",
        description = {
            "Sends every message back.",
            "Clients on the path " + EchoServer.BROADCAST_PATH
                    + " share a room: each message sent there goes to all of them, its sender included."
        })
final class Echo implements Callable<Integer> {
    private static final int MIN_QUEUED_BYTES = 16 << 20;
    /** More than the header of any frame. */
    private static final long HEADER_BYTES = 16;

    @Mixin
    private final ListenOptions listen = new ListenOptions();

    @Option(names = "--threads", paramLabel = "N", description = "Event loops (default: one for each processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--dispatch",
            paramLabel = "MODE",
            description =
                    "Where messages are handled: virtual threads, the connection's event-loop (fastest), or workers, a"
                            + " fixed number of threads (default: ${DEFAULT-VALUE}).")
    private DispatchMode dispatch = DispatchMode.virtual;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "Threads of --dispatch workers (default: one for each processor).")
    private int workers = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}, the first of them that works here).")
    private TransportName transport = TransportName.auto;

    @Option(
            names = "--max-message-size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description =
                    "Longest message, such as 65536, 512k, 64m or 1g; a longer one closes its connection with 1009"
                            + " (default: ${DEFAULT-VALUE}).")
    private ByteSize maxMessageSize = new ByteSize(64 << 20);

    @Option(
            names = "--max-fragments",
            paramLabel = "N",
            description = "Most fragments of one message, 0 for any number (default: ${DEFAULT-VALUE}).")
    private int maxFragments = 131_072;

    @Option(
            names = "--compression",
            description = "Compress messages from 1 KiB with clients that offer permessage-deflate (default: off).")
    private boolean compression;

    @Spec
    private @Nullable CommandSpec command;

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

    /** A client that does not ask otherwise gets the smallest messages, at the price of memory for each connection. */
    private static final DeflatePolicy TAKEOVER = new DeflatePolicy(true, false, 15, false, 15, 6, 8, 1024);

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = Objects.requireNonNull(command).commandLine().getOut();
        WebSocketServer server = EchoServer.of(serverOptions());
        return Foreground.serve(server, listen.operation(), out, () -> out.println(announcement(server)));
    }

    private ServerOptions serverOptions() {
        try {
            return listen.serverOptions()
                    .threads(threads)
                    .dispatch(dispatch())
                    .transport(transport.transport())
                    .maxMessageBytes(maxMessageSize.bytes())
                    .maxQueuedBytes(queueFor(maxMessageSize.bytes()))
                    .maxFragments(maxFragments)
                    .compression(compression ? TAKEOVER : DeflatePolicy.OFF)
                    .build();
        } catch (IllegalArgumentException e) {
            throw Misuse.of(command, e);
        }
    }

    private Dispatch dispatch() {
        return switch (dispatch) {
            case virtual -> Dispatch.VIRTUAL;
            case event_loop -> Dispatch.EVENT_LOOP;
            case workers -> Dispatch.workers(workers);
        };
    }

    /** Room for two of the longest messages, so that one may be on its way while the next is echoed. */
    static int queueFor(int maxMessageBytes) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(MIN_QUEUED_BYTES, 2 * (maxMessageBytes + HEADER_BYTES)));
    }

    private String announcement(WebSocketServer server) {
        Address address = Address.of(server);
        return "tidewire echo listens on " + address + ": " + address.url(listen.scheme("ws")) + " (threads=" + threads
                + " dispatch="
                + dispatch
                + (dispatch == DispatchMode.workers ? " workers=" + workers : "") + " transport="
                + server.transport().name().toLowerCase(Locale.ROOT)
                + " max-message-size=" + maxMessageSize + " max-fragments=" + maxFragments + " compression="
                + (compression ? "on" : "off") + ")";
    }
}
