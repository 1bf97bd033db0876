package dev.tidewire.cli;

import static dev.tidewire.cli.Arguments.flag;
import static dev.tidewire.cli.Arguments.valued;

import dev.tidewire.server.options.TlsCertificate;
import dev.tidewire.server.options.TlsOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** The options that put a server within TLS. */
final class TlsArguments {
    private static final Option CERTIFICATE = valued(
            "tls-cert",
            "FILE",
            "Speak TLS with this certificate (PEM, its chain behind it), looked at for changes every minute.");
    private static final Option KEY = valued("tls-key", "FILE", "The private key of --tls-cert (PEM).");
    private static final Option PASSWORD_FILE =
            valued("tls-key-password-file", "FILE", "The first line of this file opens an encrypted --tls-key.");
    private static final Option SELF_SIGNED = flag(
            "tls-self-signed", "Speak TLS with a certificate made for this run, which no client trusts by itself.");

    static final List<Option> OPTIONS = List.of(CERTIFICATE, KEY, PASSWORD_FILE, SELF_SIGNED);

    private final boolean selfSigned;
    private final Optional<Path> certificate;
    private final Optional<Path> key;
    private final Optional<Path> passwordFile;

    TlsArguments(Arguments arguments) {
        selfSigned = arguments.has(SELF_SIGNED);
        certificate = arguments.path(CERTIFICATE);
        key = arguments.path(KEY);
        passwordFile = arguments.path(PASSWORD_FILE);
    }

    /** True when the options ask for TLS. */
    boolean isOn() {
        return selfSigned || certificate.isPresent();
    }

    /**
     * What they come to; empty without TLS.
     *
     * @param host where the server listens, for which a certificate made here is good
     * @throws CommandFailure when a certificate cannot be made, or the password not be read
     */
    Optional<TlsOptions> options(String host) {
        if (selfSigned && (certificate.isPresent() || key.isPresent())) {
            throw new Misuse("--tls-self-signed takes no --tls-cert and no --tls-key");
        }
        if (certificate.isPresent() != key.isPresent()) throw new Misuse("--tls-cert and --tls-key need each other");
        if (passwordFile.isPresent() && key.isEmpty()) throw new Misuse("--tls-key-password-file needs --tls-key");
        if (selfSigned) return Optional.of(SelfSigned.tls(host));
        if (certificate.isEmpty()) return Optional.empty();
        String password = passwordFile.map(TlsArguments::firstLine).orElse("");
        return Optional.of(TlsOptions.builder()
                .certificate(certificate.get(), key.orElseThrow(), password)
                .build());
    }

    private static String firstLine(Path passwordFile) {
        try (var reader = Files.newBufferedReader(passwordFile)) {
            return Objects.requireNonNullElse(reader.readLine(), "");
        } catch (IOException e) {
            throw new CommandFailure(
                    "cannot read --tls-key-password-file " + passwordFile + ": " + Unreadable.reason(e), e);
        }
    }

    /** A file of {@code tls} behind the options that named it. */
    static String written(Path file, TlsOptions tls) {
        return switch (tls.certificates().getFirst()) {
            case TlsCertificate.Store _ -> "--tls-self-signed " + file;
            case TlsCertificate.Pem(Path chain, Path key, String _) -> {
                if (chain.equals(key)) yield "--tls-cert and --tls-key " + file;
                yield (file.equals(key) ? "--tls-key " : "--tls-cert ") + file;
            }
        };
    }
}
