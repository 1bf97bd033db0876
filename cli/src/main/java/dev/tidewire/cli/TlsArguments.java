package dev.tidewire.cli;

import dev.tidewire.server.options.TlsOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that put a server within TLS. */
final class TlsArguments {
    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description =
                    "Speak TLS with this certificate (PEM, its chain behind it), looked at for changes every minute.")
    private @Nullable Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The private key of --tls-cert (PEM).")
    private @Nullable Path key;

    @Option(
            names = "--tls-key-password-file",
            paramLabel = "FILE",
            description = "The first line of this file opens an encrypted --tls-key.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--tls-self-signed",
            description = "Speak TLS with a certificate made for this run, which no client trusts by itself.")
    private boolean selfSigned;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** True when the options ask for TLS. */
    boolean isOn() {
        return selfSigned || certificate != null;
    }

    /**
     * What they come to; empty without TLS.
     *
     * @param host where the server listens, for which a certificate made here is good
     * @throws CommandFailure when a certificate cannot be made, or the password not be read
     */
    Optional<TlsOptions> options(String host) {
        if (selfSigned && (certificate != null || key != null)) {
            throw Misuse.of(command, "--tls-self-signed takes no --tls-cert and no --tls-key");
        }
        if ((certificate == null) != (key == null))
            throw Misuse.of(command, "--tls-cert and --tls-key need each other");
        if (passwordFile != null && key == null) throw Misuse.of(command, "--tls-key-password-file needs --tls-key");
        if (selfSigned) return Optional.of(SelfSigned.tls(host));
        if (certificate == null || key == null) return Optional.empty();
        return Optional.of(
                TlsOptions.builder().certificate(certificate, key, password()).build());
    }

    private String password() {
        if (passwordFile == null) return "";
        try (var lines = Files.lines(passwordFile)) {
            return lines.findFirst().orElse("");
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new CommandFailure("cannot read --tls-key-password-file " + passwordFile, e);
        }
    }
}
