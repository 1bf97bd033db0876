/** The {@code tidewire} command. */
module dev.tidewire.cli {
    requires dev.tidewire.metrics;
    requires dev.tidewire.server;
    requires java.logging;
    requires java.net.http;
    requires jdk.unsupported;
    requires org.apache.commons.cli;
    requires static org.jspecify;
}
