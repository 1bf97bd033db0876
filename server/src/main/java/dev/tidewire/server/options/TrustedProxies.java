package dev.tidewire.server.options;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;

/** Addresses of proxies that are believed. Immutable. */
public final class TrustedProxies {
    /** Nobody. */
    public static final TrustedProxies NONE = new TrustedProxies(List.of(), false);

    private static final String UNIX = "unix:";

    private final List<Block> blocks;
    private final boolean unix;

    private TrustedProxies(List<Block> blocks, boolean unix) {
        this.blocks = blocks;
        this.unix = unix;
    }

    /**
     * Those within any of these blocks.
     *
     * @param blocks such as {@code 10.0.0.0/8}, {@code 192.0.2.7}, {@code 2001:db8::/32}, or {@code unix:} for whoever connects to a
     *     Unix domain socket
     * @throws IllegalArgumentException for anything else
     */
    public static TrustedProxies of(String... blocks) {
        List<Block> addresses = Stream.of(blocks)
                .filter(block -> !block.equals(UNIX))
                .map(Block::of)
                .toList();
        return new TrustedProxies(addresses, List.of(blocks).contains(UNIX));
    }

    /** True when nobody is. */
    public boolean isEmpty() {
        return blocks.isEmpty() && !unix;
    }

    /** True for the address of a proxy that is believed. */
    public boolean trusts(SocketAddress peer) {
        if (peer instanceof InetSocketAddress internet) {
            return internet.getAddress() != null && trusts(internet.getAddress());
        }
        return unix && peer instanceof UnixDomainSocketAddress;
    }

    private boolean trusts(InetAddress address) {
        byte[] bytes = unmapped(address).getAddress();
        for (Block block : blocks) {
            if (block.contains(bytes)) return true;
        }
        return false;
    }

    /** An IPv4 address that came inside an IPv6 one is an IPv4 address. */
    private static InetAddress unmapped(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** A network (RFC 4632 §3.1). */
    private static final class Block {
        private final byte[] network;
        private final int prefixBits;

        private Block(byte[] network, int prefixBits) {
            this.network = network;
            this.prefixBits = prefixBits;
        }

        static Block of(String text) {
            int slash = text.indexOf('/');
            try {
                byte[] network = address(slash < 0 ? text : text.substring(0, slash));
                int bits = slash < 0 ? network.length * 8 : Integer.parseInt(text.substring(slash + 1));
                if (bits < 0 || bits > network.length * 8) {
                    throw new IllegalArgumentException("it has " + network.length * 8 + " bits");
                }
                Block block = new Block(network, bits);
                if (!block.isClearBehindPrefix())
                    throw new IllegalArgumentException("there are bits set behind the prefix");
                return block;
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "trustedProxies takes blocks such as 10.0.0.0/8 or 2001:db8::/32, was '" + text + "': "
                                + e.getMessage(),
                        e);
            }
        }

        /** Java also takes {@code 10.1} for 10.0.0.1, and nobody who writes that means it. */
        private static byte[] address(String literal) {
            if (literal.indexOf(':') < 0 && literal.split("\\.", -1).length != 4) {
                throw new IllegalArgumentException("an IPv4 address has four numbers");
            }
            return InetAddress.ofLiteral(literal).getAddress();
        }

        boolean contains(byte[] address) {
            if (address.length != network.length) return false;
            for (int bit = 0; bit < prefixBits; bit++) {
                if (bit(address, bit) != bit(network, bit)) return false;
            }
            return true;
        }

        private boolean isClearBehindPrefix() {
            for (int bit = prefixBits; bit < network.length * 8; bit++) {
                if (bit(network, bit) != 0) return false;
            }
            return true;
        }

        private static int bit(byte[] address, int index) {
            return address[index / 8] >> (7 - index % 8) & 1;
        }
    }
}
