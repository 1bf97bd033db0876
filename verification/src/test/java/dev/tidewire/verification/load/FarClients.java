package dev.tidewire.verification.load;

import dev.tidewire.testkit.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The program that runs on a {@link FarHost}: clients that talk, then say so in a line, and then stay without a word. */
final class FarClients {
    private FarClients() {}

    /** Host, port, clients, messages of each. */
    static void main(String[] arguments) throws InterruptedException {
        var server = new InetSocketAddress(InetAddress.ofLiteral(arguments[0]), Integer.parseInt(arguments[1]));
        int messages = Integer.parseInt(arguments[3]);
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
            RawClient client = RawClient.connect(server).timeout(Duration.ofSeconds(60));
            client.upgrade();
            clients.add(client);
        }
        for (int i = 0; i < messages; i++) {
            for (RawClient client : clients) {
                client.sendMessage("message " + i);
            }
            for (RawClient client : clients) {
                client.expectText("message " + i);
            }
        }
        System.out.println("done");
        Thread.currentThread().join();
    }
}
