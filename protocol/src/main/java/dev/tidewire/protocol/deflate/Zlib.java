package dev.tidewire.protocol.deflate;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A library that can DEFLATE (RFC 1951), and the count of what it holds in native memory.
 *
 * <p>The system's zlib, reached through the foreign-function API, or what the JDK brings, which knows only windows of 32 KiB.
 *
 * <p>Threads: any.
 */
public final class Zlib {
    /** The system property for {@link #find}: {@code system}, {@code jdk}, or absent for the better one that is there. */
    public static final String PROPERTY = "tidewire.zlib";

    private final Streams streams;
    private final int minWindowBits;
    private final AtomicInteger live = new AtomicInteger();

    private Zlib(Streams streams) {
        this.streams = streams;
        this.minWindowBits = streams.minDeflateWindowBits();
    }

    /**
     * The library that {@link #PROPERTY} names, or the system's if it can be loaded, or else the JDK's.
     *
     * @throws IllegalStateException when the property asks for what is not there
     */
    public static Zlib find() {
        String wanted = System.getProperty(PROPERTY, "");
        return switch (wanted) {
            case "" -> system().orElseGet(Zlib::jdk);
            case "jdk" -> jdk();
            case "system" ->
                system().orElseThrow(() -> new IllegalStateException(
                        PROPERTY + " is system, but zlib cannot be loaded or native access is denied"));
            default -> throw new IllegalStateException(PROPERTY + " must be system or jdk, was " + wanted);
        };
    }

    /** The system's zlib; empty when there is none, or when this module may not call native code. */
    public static Optional<Zlib> system() {
        return LibZ.Library.isUsable() ? Optional.of(new Zlib(new SystemStreams())) : Optional.empty();
    }

    /** The JDK's, which is always there. */
    public static Zlib jdk() {
        return new Zlib(new JdkStreams());
    }

    /** Name and version, for a person to read. */
    public String version() {
        return streams.version();
    }

    /** The smallest window that it can compress for: 8 or 15. */
    public int minWindowBits() {
        return minWindowBits;
    }

    /** How many contexts are in memory, in use or waiting in a pool. */
    public int liveContexts() {
        return live.get();
    }

    MessageDeflater deflater(int level, int windowBits, int memoryLevel) {
        return new MessageDeflater(streams.deflate(level, windowBits, memoryLevel), live);
    }

    MessageInflater inflater(int windowBits) {
        return new MessageInflater(streams.inflate(windowBits), live);
    }
}
