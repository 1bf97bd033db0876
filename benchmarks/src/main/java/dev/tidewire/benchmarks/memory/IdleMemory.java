package dev.tidewire.benchmarks.memory;

import java.io.IOException;
import java.util.Locale;

/**
 * Prints what an idle connection costs, compressed and not; the number of connections is the first argument. Ends with 1 if a
 * compressed one without context takeover costs over 1 KiB more than an uncompressed one.
 */
final class IdleMemory {
    private static final int DEFAULT_CONNECTIONS = 5_000;
    /** So many connections come first, unmeasured, until what is loaded or compiled but once is there. */
    private static final int WARM_UP = 500;

    private static final int MOST_BYTES_FOR_COMPRESSION = 1024;

    private IdleMemory() {}

    /** Bytes for one connection. */
    private record Cost(double heapBytes, double nativeBytes) {
        double bytes() {
            return heapBytes + nativeBytes;
        }
    }

    static void main(String[] arguments) throws IOException {
        int connections = arguments.length == 0 ? DEFAULT_CONNECTIONS : Integer.parseInt(arguments[0]);
        IO.println("bytes for each      live heap       native     together     over plain");
        Cost plain = measure(Variant.PLAIN, connections);
        print(Variant.PLAIN, plain, plain);
        Cost alone = measure(Variant.NO_TAKEOVER, connections);
        print(Variant.NO_TAKEOVER, alone, plain);
        print(Variant.SMALL_TAKEOVER, measure(Variant.SMALL_TAKEOVER, connections), plain);
        print(Variant.TAKEOVER, measure(Variant.TAKEOVER, connections), plain);

        if (alone.bytes() - plain.bytes() > MOST_BYTES_FOR_COMPRESSION) {
            IO.println("no_takeover costs more than " + MOST_BYTES_FOR_COMPRESSION + " bytes over plain");
            System.exit(1);
        }
    }

    private static Cost measure(Variant variant, int connections) throws IOException {
        try (MeasuredServer server = MeasuredServer.start(variant);
                IdleClients warmUp = new IdleClients(server.port(), variant);
                IdleClients clients = new IdleClients(server.port(), variant)) {
            warmUp.open(WARM_UP);
            Footprint before = server.footprint();
            clients.open(connections);
            Footprint more = server.footprint().minus(before);
            return new Cost((double) more.heapBytes() / connections, (double) more.residentBytes() / connections);
        }
    }

    private static void print(Variant variant, Cost cost, Cost plain) {
        IO.println(String.format(
                Locale.ROOT,
                "%-16s %12.0f %12.0f %12.0f %14.0f",
                variant.name().toLowerCase(Locale.ROOT),
                cost.heapBytes(),
                cost.nativeBytes(),
                cost.bytes(),
                cost.bytes() - plain.bytes()));
    }
}
