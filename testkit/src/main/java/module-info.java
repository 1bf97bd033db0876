/** For tests of WebSocket servers: a raw-byte client and a check for leaked buffers. */
module dev.tidewire.testkit {
    requires io.netty.common;
    requires static org.jspecify;

    exports dev.tidewire.testkit;
}
