package dev.tidewire.protocol.deflate;

/** A library that can make streams of raw DEFLATE data, without the header and the checksum of zlib's own format. */
interface Streams {
    /** Name and version. */
    String version();

    /** The smallest window for {@link #deflate}. */
    int minDeflateWindowBits();

    DeflateStream deflate(int level, int windowBits, int memoryLevel);

    InflateStream inflate(int windowBits);
}
