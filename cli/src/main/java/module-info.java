/** The {@code tidewire} command. */
module dev.tidewire.cli {
    requires dev.tidewire.metrics;
    requires dev.tidewire.server;
    requires info.picocli;
    requires java.logging;
    requires java.net.http;
    requires jdk.unsupported;
    requires static org.jspecify;

    // picocli sets the fields that stand for options.
    opens dev.tidewire.cli to
            info.picocli;
}
