package dev.tidewire.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Properties;

/** What {@code --version} prints: the version that was built, and the Java it runs on. */
final class Version {
    private Version() {}

    static String line() throws IOException {
        return "tidewire " + built() + " (Java " + Runtime.version() + ")";
    }

    private static String built() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Objects.requireNonNull(Version.class.getResourceAsStream("version.properties"))) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }
}
