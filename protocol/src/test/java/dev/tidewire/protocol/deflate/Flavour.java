package dev.tidewire.protocol.deflate;

/** Each library that must pass the same tests. */
enum Flavour {
    SYSTEM,
    JDK;

    Zlib zlib() {
        return this == SYSTEM ? Zlib.system().orElseThrow() : Zlib.jdk();
    }
}
