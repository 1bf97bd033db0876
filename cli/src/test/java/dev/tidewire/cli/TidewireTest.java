package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TidewireTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "frob                              | Unmatched argument at index 0: 'frob'",
                "dmo                               | Unmatched argument at index 0: 'dmo'",
                "demo --prot 1                     | Unknown options: '--prot', '1'",
                "demo --port eighty                | Invalid value for option '--port'",
                "demo --port 65536                 | port must be between 0 and 65535, was 65536",
                "demo --port -1                    | port must be between 0 and 65535, was -1",
                "echo --threads 0                  | threads must be positive, was 0",
                "echo --dispatch workers --workers 0 | workers must be at least 1, was 0",
                "echo --dispatch fibers            | Invalid value for option '--dispatch'",
                "echo --transport pigeon           | Invalid value for option '--transport'",
                "echo --max-message-size 3x        | a size is a number",
                "echo --max-fragments -1           | maxFragments must not be negative, was -1",
                "echo --unix /tmp/s --systemd     | --unix and --systemd exclude each other",
                "echo --tls-cert cert.pem          | --tls-cert and --tls-key need each other",
                "echo --tls-key key.pem            | --tls-cert and --tls-key need each other",
                "echo --tls-self-signed --tls-key k | --tls-self-signed takes no --tls-cert and no --tls-key",
                "echo --tls-key-password-file p    | --tls-key-password-file needs --tls-key",
                "demo --max-connections -1         | --max-connections must be 0 to 2147483647 connections, was -1",
                "echo --pong-timeout 0             | --pong-timeout must be 1 to 31536000 seconds, was 0",
                "demo --shutdown-delay -1          | --shutdown-delay must be 0 to 86400 seconds, was -1",
                "demo --shutdown-delay 86401       | --shutdown-delay must be 0 to 86400 seconds, was 86401",
                "connect                           | Missing required parameter: 'URL'",
                "connect http://localhost/         | the URL must be ws://host:port/path",
                "connect ws:///chat                | the URL must be ws://host:port/path",
                "connect ws://localhost/#part      | a WebSocket URL has no #fragment",
                "connect ws://local{host}/         | not a URL",
                "connect ws://localhost/ --timeout 0 | --timeout must be at least 1, was 0",
                "connect ws://localhost/ --insecure | --insecure needs a wss:// URL",
                "connect ws://localhost/ --cacert c | --cacert needs a wss:// URL",
                "connect wss://localhost/ --insecure --cacert c | --insecure takes no --cacert",
                "demo --log-level loud             | Invalid value for option '--log-level'",
            })
    void misuseIsExplainedAndEndsWith2(String commandLine, String explanation) {
        assertThat(run(commandLine.split(" ", -1))).isEqualTo(2);

        assertThat(err.toString())
                .startsWith("tidewire: ")
                .contains(explanation)
                .doesNotContain("\tat ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void withoutCommandItAsksForOne() {
        assertThat(run()).isEqualTo(2);

        assertThat(err.toString()).contains("Missing required subcommand", "'tidewire --help'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "demo --help", "echo --help", "connect --help"})
    void helpNamesTheCommandAndItsOptions(String commandLine) {
        assertThat(run(commandLine.split(" ", -1))).isZero();

        assertThat(out.toString()).startsWith("Usage: tidewire").contains("--log-level");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void versionIsTheOneThatWasBuilt() {
        assertThat(run("--version")).isZero();

        assertThat(out.toString()).matches("tidewire \\d+\\.\\d+\\.\\d+\\S* \\(Java 2\\d.*\\)\\R");
    }

    private int run(String... arguments) {
        return Tidewire.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }
}
