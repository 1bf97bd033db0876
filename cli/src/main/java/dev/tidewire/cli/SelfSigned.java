package dev.tidewire.cli;

import dev.tidewire.server.options.TlsOptions;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A certificate for trying out, made by the JDK's {@code keytool} in a folder of its own that is gone with the process.
 */
final class SelfSigned {
    private static final String ALIAS = "tidewire";
    private static final String VALID_DAYS = "30";
    /** Where keytool reads the password: a command line is everybody's to see. */
    private static final String PASSWORD_VARIABLE = "TIDEWIRE_KEYSTORE_PASSWORD";

    private SelfSigned() {}

    /**
     * Options with a certificate for this machine and for {@code host}.
     *
     * @throws CommandFailure when it cannot be made
     */
    static TlsOptions tls(String host) {
        String password = new BigInteger(160, new SecureRandom()).toString(36);
        try {
            Path folder = Files.createTempDirectory("tidewire");
            Path store = folder.resolve("self-signed.p12");
            folder.toFile().deleteOnExit();
            store.toFile().deleteOnExit();
            make(store, password, names(host));
            return TlsOptions.builder()
                    .keyStore(store, password)
                    .reloadInterval(Duration.ZERO)
                    .build();
        } catch (IOException e) {
            throw new CommandFailure("cannot make a certificate: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted while making a certificate", e);
        }
    }

    private static void make(Path store, String password, String names) throws IOException, InterruptedException {
        Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        ProcessBuilder command = new ProcessBuilder(
                        keytool.toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=tidewire",
                        "-ext",
                        "san=" + names,
                        "-validity",
                        VALID_DAYS,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass:env",
                        PASSWORD_VARIABLE)
                .redirectErrorStream(true);
        command.environment().put(PASSWORD_VARIABLE, password);
        Process process = command.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) throw new CommandFailure("cannot make a certificate: " + output.strip());
    }

    /** As keytool takes them: {@code dns:} before names, {@code ip:} before addresses. */
    static String names(String host) {
        Set<String> names = new LinkedHashSet<>();
        names.add("dns:localhost");
        names.add("ip:127.0.0.1");
        names.add("ip:::1");
        String bare = host.replaceAll("[\\[\\]]", "");
        boolean isAddress = bare.contains(":") || bare.matches("[0-9.]+");
        boolean isName = bare.matches("[A-Za-z0-9.-]+");
        if (isAddress) {
            names.add("ip:" + bare);
        } else if (isName) {
            names.add("dns:" + bare);
        }
        return String.join(",", names);
    }
}
