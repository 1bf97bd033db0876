package dev.tidewire.benchmarks.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** Results as JSON. */
public record ResultFile(Path path) {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    public boolean exists() {
        return Files.exists(path);
    }

    /** Replaces the file as a whole, so that a run that is cut off leaves what it had. */
    public void write(Results results) throws IOException {
        Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent());
        Path next = Files.createDirectories(folder).resolve(path.getFileName() + ".new");
        Files.writeString(next, GSON.toJson(results) + "\n");
        Files.move(next, path, StandardCopyOption.REPLACE_EXISTING);
    }

    public Results read() throws IOException {
        try {
            return Objects.requireNonNull(GSON.fromJson(Files.readString(path), Results.class));
        } catch (JsonParseException | NullPointerException e) {
            throw new IOException(path + " holds no results: " + e.getMessage(), e);
        }
    }
}
