package dev.tidewire.server;

import dev.tidewire.server.connection.SendResult;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** A datagram that came in. Its data stays valid for as long as it is kept. */
public final class Packet {
    private final Listener listener;
    private final InetSocketAddress sender;
    private final byte[] data;

    Packet(Listener listener, InetSocketAddress sender, byte[] data) {
        this.listener = listener;
        this.sender = sender;
        this.data = data;
    }

    /** Where it came in. */
    public Listener listener() {
        return listener;
    }

    /** Who says to have sent it; nothing in UDP proves it. */
    public InetSocketAddress sender() {
        return sender;
    }

    /** The sender's IP address. */
    public String address() {
        return sender.getAddress().getHostAddress();
    }

    /** The sender's port. */
    public int port() {
        return sender.getPort();
    }

    /** The data. The array is not copied: whoever changes it changes it for all who hold this packet. */
    public byte[] bytes() {
        return data;
    }

    /** The data read as UTF-8, with the replacement character where it is not. */
    public String text() {
        return new String(data, StandardCharsets.UTF_8);
    }

    /** Sends a datagram back, from where this one came in; see {@link Listener#sendTo(java.net.SocketAddress, byte[])}. */
    public SendResult reply(byte[] answer) {
        return listener.sendTo(sender, answer);
    }

    /** {@link #reply(byte[])} with text, as UTF-8. */
    public SendResult reply(String answer) {
        return listener.sendTo(sender, answer);
    }

    /** Sender and size, never the data. */
    @Override
    public String toString() {
        return "Packet[sender=" + sender + ", bytes=" + data.length + "]";
    }
}
