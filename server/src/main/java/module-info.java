/** WebSocket, HTTP and TCP servers with Swoole's programming model. Start at {@link dev.tidewire.server.WebSocketServer}. */
module dev.tidewire.server {
    requires transitive dev.tidewire.protocol;
    requires java.management;
    requires jdk.management;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.io_uring;
    requires io.netty.transport.classes.kqueue;
    requires io.netty.transport.unix.common;
    requires jdk.jfr;
    requires static org.jspecify;

    exports dev.tidewire.server;
    exports dev.tidewire.server.connection;
    exports dev.tidewire.server.http;
    exports dev.tidewire.server.options;
}
