package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Level;
import java.util.logging.Logger;
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
            quoteCharacter = '"',
            value = {
                "frob                              | no command 'frob', there are: demo, echo, connect, bench",
                "--prot 1                          | no option '--prot' before the command",
                "--port 1 demo                     | no option '--port' before the command",
                "--log-level demo                  | --log-level must be one of error, warn, info, debug, was 'demo'",
                "--log-level                       | --log-level needs a value: LEVEL",
                "demo --port                       | --port needs a value: PORT",
                "demo --port 1 --port=2            | --port is given more than once",
                "--log-level info --log-level warn | --log-level is given more than once",
                "demo --access-log=yes             | --access-log takes no value, was 'yes'",
                "demo --acc                        | no option '--acc'",
                "demo -x                           | no option '-x'",
                "demo -=1                          | no option '-=1'",
                "demo -xport=1                     | no option '-xport=1'",
                "demo -- --help                    | '--help' is one word too many",
                "connect ws://localhost/ --once -h | --once needs a value: --once=-h, if this is it",
                "demo now                          | 'now' is one word too many",
                "demo --prot 1                     | no option '--prot'",
                "demo --port eighty                | --port must be 0 to 65535, was 'eighty'",
                "demo --port 65536                 | --port must be 0 to 65535, was 65536",
                "demo --port -1                    | --port must be 0 to 65535, was -1",
                "echo --threads 0                  | --threads must be 1 to 10000, was 0",
                "echo --dispatch workers --workers 0 | --workers must be 1 to 10000, was 0",
                "echo --dispatch fibers            | --dispatch must be one of virtual, event-loop, workers, was 'fibers'",
                "echo --transport pigeon           | --transport must be one of auto, io_uring, epoll, kqueue, nio, was 'pigeon'",
                "echo --max-message-size 3x        | --max-message-size must be 1 to 2147483647 bytes, such as 512k or 10m, was '3x'",
                "echo --max-message-size 0         | --max-message-size must be 1 to 2147483647 bytes, such as 512k or 10m, was '0'",
                "echo --max-fragments -1           | --max-fragments must be 0 to 2147483647 fragments, was -1",
                "echo --workers eight              | --workers must be 1 to 10000, was 'eight'",
                "echo --unix /tmp/s --port eighty  | --port must be 0 to 65535, was 'eighty'",
                "echo --unix /tmp/s --systemd     | --unix and --systemd exclude each other",
                "echo --unix /tmp/s --port 5      | --unix takes no --host, no --port and no --reuse-port",
                "demo --unix /tmp/s --host h      | --unix takes no --host, no --port and no --reuse-port",
                "echo --unix /tmp/s --reuse-port  | --unix takes no --host, no --port and no --reuse-port",
                "demo --systemd --port 5          | --systemd takes no --host, no --port and no --reuse-port",
                "demo --systemd=web --host h      | --systemd takes no --host, no --port and no --reuse-port",
                "echo --port 5 --metrics-port 5   | --port and --metrics-port must differ, both were 5",
                "demo --metrics-port 9502         | --port and --metrics-port must differ, both were 9502",
                "echo --workers 3                 | --workers needs --dispatch workers",
                "echo --dispatch virtual --workers 3 | --workers needs --dispatch workers",
                "demo --over-rate close           | --over-rate needs --max-messages-per-second or --max-bytes-per-second",
                "echo --tls-cert cert.pem          | --tls-cert and --tls-key need each other",
                "echo --tls-key key.pem            | --tls-cert and --tls-key need each other",
                "echo --tls-self-signed --tls-key k | --tls-self-signed takes no --tls-cert and no --tls-key",
                "echo --tls-key-password-file p    | --tls-key-password-file needs --tls-key",
                "demo --max-connections -1         | --max-connections must be 0 to 2147483647 connections, was -1",
                "echo --pong-timeout 0             | --pong-timeout must be 1 to 31536000 seconds, was 0",
                "demo --shutdown-delay -1          | --shutdown-delay must be 0 to 86400 seconds, was -1",
                "demo --shutdown-delay 86401       | --shutdown-delay must be 0 to 86400 seconds, was 86401",
                "demo --shutdown-delay 5 --shutdown-timeout 0 | --shutdown-delay needs a --shutdown-timeout of 1 second or more: 0 ends the server at once",
                "connect                           | URL is missing",
                "connect http://localhost/         | the URL must be ws://host:port/path",
                "connect ws:///chat                | the URL must be ws://host:port/path",
                "connect ws+unix:/tmp/s           | connect has no Unix domain sockets, was 'ws+unix:/tmp/s'",
                "connect unix:/tmp/s              | connect has no Unix domain sockets, was 'unix:/tmp/s'",
                "connect ws://localhost/#part      | a WebSocket URL has no #fragment",
                "connect ws://local{host}/         | not a URL",
                "connect ws://localhost/ --timeout 0 | --timeout must be 1 to 86400 seconds, was 0",
                "connect ws://localhost/ --insecure | --insecure needs a wss:// URL",
                "connect ws://localhost/ --cacert c | --cacert needs a wss:// URL",
                "connect wss://localhost/ --insecure --cacert c | --insecure takes no --cacert",
                "demo --log-level loud             | --log-level must be one of error, warn, info, debug, was 'loud'",
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

        assertThat(err.toString()).contains("which command? There are: demo", "'tidewire --help'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "demo --help", "echo --help", "connect --help"})
    void helpNamesTheCommandAndItsOptions(String commandLine) {
        assertThat(run(commandLine.split(" ", -1))).isZero();

        assertThat(out.toString()).startsWith("Usage: tidewire").contains("--log-level");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "demo --help", "echo -h", "connect --help", "bench --help"})
    void helpFitsANarrowTerminal(String commandLine) {
        run(commandLine.split(" ", -1));

        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void helpListsWhatIsForPeople() {
        run("--help");

        assertThat(out.toString())
                .contains("\n  demo  ", "\n  echo  ", "\n  connect  ", "\n  bench  ")
                .doesNotContain("rehearse");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--log-level info bench", "bench --log-level INFO", "--log-level debug bench --log-level=info"})
    void theLogLevelStandsBeforeTheCommandOrBehindIt(String commandLine) {
        run(commandLine.split(" ", -1));

        assertThat(Logger.getLogger("").getLevel()).isEqualTo(Level.INFO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo --unix", "demo --tls-cert", "connect wss://localhost/ --cacert"})
    void aPathThatCannotBeIsMisuse(String commandLine) {
        assertThat(run((commandLine + "=a\0b").split(" ", -1))).isEqualTo(2);

        assertThat(err.toString()).contains(" cannot be a path here: Nul character not allowed");
    }

    @Test
    void theBenchmarkIsElsewhereWhateverItIsAsked() {
        assertThat(run("bench", "--rounds", "3", "echo")).isEqualTo(1);

        assertThat(err.toString()).startsWith("tidewire: the benchmark is not part of this program");
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
