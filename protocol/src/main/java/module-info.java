/** WebSocket as bytes and values: frames, rules, masking, UTF-8 and the handshake, without sockets or threads. */
module dev.tidewire.protocol {
    requires transitive io.netty.buffer;
    requires static org.jspecify;

    exports dev.tidewire.protocol;
    exports dev.tidewire.protocol.deflate;
}
