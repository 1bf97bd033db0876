package dev.tidewire.cli;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static dev.tidewire.server.WebSocketServer.REQUEST;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import java.io.PrintWriter;
import java.util.List;
import org.apache.commons.cli.Option;

/** {@code tidewire demo}: the first program of Swoole's WebSocket documentation, with a page to try it. */
final class Demo implements Command {
    private static final String REPLY = "[\"hello\",\"world\"]";

    @Override
    public String name() {
        return "demo";
    }

    @Override
    public List<String> description() {
        return List.of(
                "Answers every message with [\"hello\",\"world\"] and prints what happens.",
                "Open its address in a browser to talk to it.");
    }

    @Override
    public List<Option> options() {
        return ListenOptions.OPTIONS;
    }

    @Override
    public int run(Arguments arguments, Console console) throws InterruptedException {
        ListenOptions listen = new ListenOptions(arguments);
        PrintWriter out = console.out();
        WebSocketServer server = server(listen.serverOptions().build(), out);
        return Foreground.serve(
                server, listen.operation(), out, () -> out.println(invitation(Address.of(server), listen)));
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

    private static String invitation(Address address, ListenOptions listen) {
        return "tidewire demo listens on " + address + ": open " + address.url(listen.scheme("http"))
                + " in a browser, or connect to " + address.url(listen.scheme("ws"));
    }
}
