package dev.tidewire.server.options;

import java.nio.file.Path;

/** A file that {@link TlsOptions} name cannot be used as they say. */
public final class TlsConfigurationException extends RuntimeException {
    private final String option;
    private final Path file;
    private final String reason;

    /**
     * An exception whose message reads {@code TlsOptions.<option>: cannot use <file>: <reason>}.
     *
     * @param cause what was thrown underneath, if it says more than {@code reason}
     */
    public TlsConfigurationException(String option, Path file, String reason, Throwable cause) {
        this(option, file, reason);
        initCause(cause);
    }

    /** {@link #TlsConfigurationException(String, Path, String, Throwable)} for what was found without an exception. */
    public TlsConfigurationException(String option, Path file, String reason) {
        super("TlsOptions." + option + ": cannot use " + file + ": " + reason);
        this.option = option;
        this.file = file;
        this.reason = reason;
    }

    /** The option that names the file, such as {@code certificate}. */
    public String option() {
        return option;
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /** Why not, in words for whoever runs the server. */
    public String reason() {
        return reason;
    }
}
