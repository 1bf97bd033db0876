package dev.tidewire.cli;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static dev.tidewire.server.WebSocketServer.REQUEST;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidewire demo}: the first program of Swoole's WebSocket documentation, with a page to try it. */
@Command(
        name = "demo",
        description = {
            "Answers every message with [\"hello\",\"world\"] and prints what happens.",
            "Open its address in a browser to talk to it."
        })
final class Demo implements Callable<Integer> {
    private static final String REPLY = "[\"hello\",\"world\"]";

    @Mixin
    private final ListenOptions listen = new ListenOptions();

    @Spec
    private @Nullable CommandSpec command;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = Objects.requireNonNull(command).commandLine().getOut();
        WebSocketServer server = server(listen.serverOptions().build(), out);
        return Foreground.serve(server, listen.operation(), out, () -> out.println(invitation(Address.of(server))));
    }

    static WebSocketServer server(ServerOptions options, PrintWriter out) {
        DemoPage page = DemoPage.load();
        return new WebSocketServer(options)
                .on(REQUEST, page::answer)
                .on(OPEN, (ws, request) -> out.println("connection open: " + request.fd()))
                .on(MESSAGE, (ws, frame) -> {
                    out.println("message: " + Printable.message(frame));
                    ws.push(frame.fd(), REPLY);
                })
                .on(CLOSE, (ws, close) -> out.println("connection close: " + close.fd()));
    }

    private String invitation(Address address) {
        return "tidewire demo listens on " + address + ": open " + address.url(listen.scheme("http"))
                + " in a browser, or connect to " + address.url(listen.scheme("ws"));
    }
}
