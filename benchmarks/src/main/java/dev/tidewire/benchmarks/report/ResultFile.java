package dev.tidewire.benchmarks.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** Results as JSON. */
public record ResultFile(Path path) {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    public boolean exists() {
        return Files.exists(path);
    }

    /** Finds out before there is anything to write. */
    public void requireWritable() throws IOException {
        try {
            Path next = next();
            Files.writeString(next, "");
            Files.delete(next);
        } catch (AccessDeniedException e) {
            throw new IOException(e.getFile() + " may not be written", e);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(e.getFile() + " is no folder", e);
        } catch (NoSuchFileException e) {
            throw new IOException(e.getFile() + " cannot be made", e);
        }
    }

    /** Replaces the file as a whole, so that a run that is cut off leaves what it had. */
    public void write(Results results) throws IOException {
        Path next = next();
        Files.writeString(next, GSON.toJson(results) + "\n");
        Files.move(next, path, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path next() throws IOException {
        Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent());
        return Files.createDirectories(folder).resolve(path.getFileName() + ".new");
    }

    public Results read() throws IOException {
        try {
            return Objects.requireNonNull(GSON.fromJson(Files.readString(path), Results.class));
        } catch (NoSuchFileException e) {
            throw new IOException("there is no file " + path, e);
        } catch (AccessDeniedException e) {
            throw new IOException(path + " may not be read", e);
        } catch (CharacterCodingException | RuntimeException e) { // of Gson, and of a record that lacks something
            throw new IOException(path + " is not a result file of bench", e);
        }
    }
}
