package dev.tidewire.server;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Clients that do not read, and what was sent to them. */
final class Stuck {
    /** Of each numbered message. */
    static final int MESSAGE_BYTES = 1000;
    /** Of its frame. */
    static final int FRAME_BYTES = MESSAGE_BYTES + 4;
    /** A socket that takes nothing for so long takes nothing at all. */
    private static final Duration UNTIL_FULL = Duration.ofMillis(250);

    private Stuck() {}

    /** A client whose handshake is done and whose socket holds little of what it does not read. */
    static RawClient open(Server server) {
        RawClient client = connect(server);
        client.upgrade();
        return client;
    }

    static RawClient connect(Server server) {
        try {
            Socket socket = new Socket();
            socket.setReceiveBufferSize(4096);
            socket.connect(server.localAddress(), 5_000);
            return RawClient.over(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends numbered messages until neither the socket nor the queue has room for one more; gives their number. */
    static int fill(WebSocketServer server, long fd) {
        int sent = 0;
        while (blocking(() -> server.sendBlocking(fd, numbered(0), UNTIL_FULL)) != SendResult.DROPPED) {
            sent++;
        }
        return sent;
    }

    /** Sends until neither the socket nor the queue of a plain TCP connection has room for as much again; gives the bytes sent. */
    static int fill(Server server, long fd, int bytesEach) {
        int sent = 0;
        while (blocking(() -> server.sendBlocking(fd, new byte[bytesEach], UNTIL_FULL)) != SendResult.DROPPED) {
            sent += bytesEach;
        }
        return sent;
    }

    /** Pushes numbered messages until that many bytes wait, and go on waiting; gives their number. */
    static int fillTo(WebSocketServer server, long fd, int queuedBytes) {
        int sent = 0;
        long since = System.nanoTime();
        while (System.nanoTime() - since < UNTIL_FULL.toNanos()) {
            while (server.queuedBytes(fd) < queuedBytes) {
                server.push(fd, numbered(0));
                sent++;
                since = System.nanoTime();
            }
            LockSupport.parkNanos(1_000_000);
        }
        return sent;
    }

    /** Tries until nothing was taken any more for a while. */
    static void untilFull(BooleanSupplier takesSome) {
        long since = System.nanoTime();
        while (System.nanoTime() - since < UNTIL_FULL.toNanos()) {
            if (takesSome.getAsBoolean()) {
                since = System.nanoTime();
            } else {
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    /** A message that begins with its number. */
    static byte[] numbered(int number) {
        return ByteBuffer.allocate(MESSAGE_BYTES).putInt(number).array();
    }

    static int numberOf(byte[] message) {
        return ByteBuffer.wrap(message).getInt();
    }

    static SendResult blocking(Blocking send) {
        try {
            return send.send();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    interface Blocking {
        SendResult send() throws InterruptedException;
    }
}
