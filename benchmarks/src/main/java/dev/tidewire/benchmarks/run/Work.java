package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Load;
import java.util.Locale;

/**
 * Something that every server is measured at.
 *
 * @param key what it is called on the command line and in results
 * @param unit what is counted, in the plural
 * @param path where it connects to
 * @param extensions what its handshakes offer, empty for none
 */
public record Work(String key, String title, String unit, Setup setup, String path, String extensions, Load load) {
    private static final String ECHO = "/";
    private static final String BROADCAST = "/broadcast";
    private static final String SINK = "/sink";

    static Work echo(String key, int connections, int payloadBytes, int inFlight) {
        String title = "echo, " + connections + " connections × " + size(payloadBytes) + ", " + inFlight + " in flight";
        return plain(key, title, "messages", ECHO, new Load.Echo(connections, payloadBytes, inFlight));
    }

    static Work plain(String key, String title, String unit, String path, Load load) {
        return new Work(key, title, unit, Setup.PLAIN, path, "", load);
    }

    static Work paced(String key, int connections, int payloadBytes, int messagesPerSecond) {
        String title = "echo at " + grouped(messagesPerSecond) + " messages/s, " + connections + " connections × "
                + size(payloadBytes);
        return plain(key, title, "messages", ECHO, new Load.PacedEcho(connections, payloadBytes, messagesPerSecond));
    }

    static Work fanOut(String key, int subscribers, int payloadBytes) {
        String title = "broadcast to " + grouped(subscribers) + " × " + size(payloadBytes) + ", one at a time";
        return plain(key, title, "deliveries", BROADCAST, new Load.FanOut(subscribers, payloadBytes, 0));
    }

    static Work fanOutAt(String key, int subscribers, int payloadBytes, int messagesPerSecond) {
        String title = grouped(messagesPerSecond) + " broadcasts/s to " + subscribers + " × " + size(payloadBytes);
        return plain(
                key, title, "deliveries", BROADCAST, new Load.FanOut(subscribers, payloadBytes, messagesPerSecond));
    }

    static Work fanIn(String key, int connections, int payloadBytes, int window) {
        String title =
                "one way in, " + connections + " connections × " + size(payloadBytes) + ", " + window + " at a time";
        return plain(key, title, "messages", SINK, new Load.FanIn(connections, payloadBytes, window));
    }

    static Work deflated(String key, String title, String extensions) {
        return new Work(key, title, "messages", Setup.DEFLATE, ECHO, extensions, new Load.DeflatedEcho(64, 1024, 1));
    }

    static Work idle(String key, String title, Setup setup, String extensions) {
        return new Work(
                key, title, "connections", setup, ECHO, extensions, new Load.Idle(19_900, !extensions.isEmpty()));
    }

    static Work start(String key) {
        return new Work(
                key, "from process start to the first 101", "starts", Setup.START, ECHO, "", new Load.Idle(1, false));
    }

    private static String size(int bytes) {
        if (bytes >= 1 << 20) return (bytes >> 20) + " MiB";
        return bytes >= 1 << 10 ? (bytes >> 10) + " KiB" : bytes + " B";
    }

    private static String grouped(int number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    static Work tls(String key) {
        return new Work(
                key,
                "echo within TLS, 64 connections × 20 B, 1 in flight",
                "messages",
                Setup.TLS,
                ECHO,
                "",
                new Load.Echo(64, 20, 1));
    }
}
