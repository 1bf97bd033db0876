package dev.tidewire.protocol.deflate;

import static dev.tidewire.protocol.deflate.DeflateAgreement.MAX_WINDOW_BITS;

import dev.tidewire.protocol.ExtensionOffer;
import java.util.List;
import java.util.Optional;

/**
 * What a server wants of compression. Begin with one of those below and change what shall be otherwise:
 * {@code TAKEOVER.withServerMaxWindowBits(12)}.
 *
 * <p>A context that is taken over from message to message makes similar small messages much smaller, and stays in memory as
 * long as the connection: see the table in ADR-0010 for what windows and memory levels cost.
 *
 * @param allowed false to decline every offer
 * @param serverNoContextTakeover true to compress each message by itself even if the client does not ask for it
 * @param serverMaxWindowBits how far back to refer at most, 8 to 15; a client may ask for less
 * @param clientNoContextTakeover true to tell every client to compress each message by itself
 * @param clientMaxWindowBits how far back a client may refer, 8 to 15; only clients that offer to obey are told
 * @param level 0 for none, 1 for the fastest to 9 for the smallest
 * @param memoryLevel 1 for the least memory to 9 for the most speed; the JDK's own zlib always takes 8
 * @param minMessageBytes shorter messages are better sent as they are
 */
public record DeflatePolicy(
        boolean allowed,
        boolean serverNoContextTakeover,
        int serverMaxWindowBits,
        boolean clientNoContextTakeover,
        int clientMaxWindowBits,
        int level,
        int memoryLevel,
        int minMessageBytes) {
    /** No compression. */
    public static final DeflatePolicy OFF = new DeflatePolicy(false, true, 15, true, 15, 6, 8, 1024);

    /** Compression without memory per connection, but while a message is unfinished: each by itself, in shared contexts. */
    public static final DeflatePolicy SHARED = new DeflatePolicy(true, true, 15, true, 15, 6, 8, 1024);

    /**
     * Compression in contexts that each connection keeps, so that messages are short which are like those before them; some 80 KiB for each
     * connection. With windows of 32 KiB, the most there is, JSON is 2 % shorter, for 300 KiB and three times the processor time.
     */
    public static final DeflatePolicy TAKEOVER = new DeflatePolicy(true, false, 13, false, 13, 6, 6, 1024);

    /** Checks the ranges. */
    public DeflatePolicy {
        DeflateAgreement.requireWindowBits("serverMaxWindowBits", serverMaxWindowBits);
        DeflateAgreement.requireWindowBits("clientMaxWindowBits", clientMaxWindowBits);
        requireRange("level", level, 0, 9);
        requireRange("memoryLevel", memoryLevel, 1, 9);
        requireRange("minMessageBytes", minMessageBytes, 0, Integer.MAX_VALUE);
    }

    /** This one, but for {@link #serverNoContextTakeover}. */
    public DeflatePolicy withServerNoContextTakeover(boolean serverNoContextTakeover) {
        return new DeflatePolicy(
                allowed,
                serverNoContextTakeover,
                serverMaxWindowBits,
                clientNoContextTakeover,
                clientMaxWindowBits,
                level,
                memoryLevel,
                minMessageBytes);
    }

    /** This one, but for {@link #serverMaxWindowBits}. */
    public DeflatePolicy withServerMaxWindowBits(int serverMaxWindowBits) {
        return new DeflatePolicy(
                allowed,
                serverNoContextTakeover,
                serverMaxWindowBits,
                clientNoContextTakeover,
                clientMaxWindowBits,
                level,
                memoryLevel,
                minMessageBytes);
    }

    /** This one, but for {@link #clientNoContextTakeover}. */
    public DeflatePolicy withClientNoContextTakeover(boolean clientNoContextTakeover) {
        return new DeflatePolicy(
                allowed,
                serverNoContextTakeover,
                serverMaxWindowBits,
                clientNoContextTakeover,
                clientMaxWindowBits,
                level,
                memoryLevel,
                minMessageBytes);
    }

    /** This one, but for {@link #clientMaxWindowBits}. */
    public DeflatePolicy withClientMaxWindowBits(int clientMaxWindowBits) {
        return new DeflatePolicy(
                allowed,
                serverNoContextTakeover,
                serverMaxWindowBits,
                clientNoContextTakeover,
                clientMaxWindowBits,
                level,
                memoryLevel,
                minMessageBytes);
    }

    /** This one, but for {@link #level}. */
    public DeflatePolicy withLevel(int level) {
        return new DeflatePolicy(
                allowed,
                serverNoContextTakeover,
                serverMaxWindowBits,
                clientNoContextTakeover,
                clientMaxWindowBits,
                level,
                memoryLevel,
                minMessageBytes);
    }

    /** This one, but for {@link #memoryLevel}. */
    public DeflatePolicy withMemoryLevel(int memoryLevel) {
        return new DeflatePolicy(
                allowed,
                serverNoContextTakeover,
                serverMaxWindowBits,
                clientNoContextTakeover,
                clientMaxWindowBits,
                level,
                memoryLevel,
                minMessageBytes);
    }

    /** This one, but for {@link #minMessageBytes}. */
    public DeflatePolicy withMinMessageBytes(int minMessageBytes) {
        return new DeflatePolicy(
                allowed,
                serverNoContextTakeover,
                serverMaxWindowBits,
                clientNoContextTakeover,
                clientMaxWindowBits,
                level,
                memoryLevel,
                minMessageBytes);
    }

    /**
     * The agreement by the first of a client's offers that this server can keep (RFC 7692 §5, §7.1); empty to go on without
     * compression.
     *
     * @param offers of all extensions, in the client's order
     * @param zlib what will compress
     */
    public Optional<DeflateAgreement> answer(List<ExtensionOffer> offers, Zlib zlib) {
        if (!allowed) {
            return Optional.empty();
        }
        return DeflateOffer.parseAll(offers).stream()
                .filter(offer -> canKeep(offer, zlib))
                .findFirst()
                .map(offer -> accept(offer, zlib));
    }

    private static boolean canKeep(DeflateOffer offer, Zlib zlib) {
        return offer.serverMaxWindowBits() == DeflateOffer.ABSENT
                || offer.serverMaxWindowBits() >= zlib.minWindowBits();
    }

    private DeflateAgreement accept(DeflateOffer offer, Zlib zlib) {
        boolean serverAlone = serverNoContextTakeover || offer.serverNoContextTakeover();
        boolean clientAlone = clientNoContextTakeover || offer.clientNoContextTakeover();
        boolean serverBound = offer.serverMaxWindowBits() != DeflateOffer.ABSENT;
        boolean clientObeys = offer.clientMaxWindowBits() != DeflateOffer.ABSENT;
        int own = Math.max(serverMaxWindowBits, zlib.minWindowBits());
        int serverBits = serverBound ? Math.min(own, offer.serverMaxWindowBits()) : own;
        int clientBits = clientObeys ? Math.min(clientMaxWindowBits, offer.clientMaxWindowBits()) : MAX_WINDOW_BITS;

        StringBuilder header = new StringBuilder(DeflateOffer.NAME);
        append(header, serverAlone, DeflateOffer.SERVER_NO_CONTEXT_TAKEOVER, "");
        append(header, clientAlone, DeflateOffer.CLIENT_NO_CONTEXT_TAKEOVER, "");
        boolean tellServerBits = serverBound || serverBits < MAX_WINDOW_BITS;
        append(header, tellServerBits, DeflateOffer.SERVER_MAX_WINDOW_BITS, "=" + serverBits);
        append(header, clientBits < MAX_WINDOW_BITS, DeflateOffer.CLIENT_MAX_WINDOW_BITS, "=" + clientBits);
        return new DeflateAgreement(serverAlone, clientAlone, serverBits, clientBits, header.toString());
    }

    private static void append(StringBuilder header, boolean agreed, String name, String value) {
        if (agreed) {
            header.append("; ").append(name).append(value);
        }
    }

    private static void requireRange(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " must be " + least + " to " + most + ", was " + value);
        }
    }
}
