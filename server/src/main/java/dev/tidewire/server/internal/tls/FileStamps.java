package dev.tidewire.server.internal.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How some files looked at one moment: two that are equal show no change in between.
 *
 * @param byFile time and size of each, or that it is not there
 */
record FileStamps(Map<Path, String> byFile) {
    /** How they look now; what symbolic links lead to counts. */
    static FileStamps of(List<Path> files) {
        Map<Path, String> stamps = new HashMap<>();
        files.forEach(file -> stamps.put(file, stamp(file)));
        return new FileStamps(stamps);
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.lastModifiedTime() + " " + attributes.size();
        } catch (IOException absent) {
            return "absent"; // whoever reads it says so
        }
    }
}
