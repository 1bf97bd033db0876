package dev.tidewire.verification.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.verification.NoLeaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the server to every row of {@code docs/bad-input.md}, and the document to the rows that are held. */
@ExtendWith(NoLeaks.class)
class BadInputTest {
    private static final List<Dispatch> DISPATCHES =
            List.of(Dispatch.VIRTUAL, Dispatch.EVENT_LOOP, Dispatch.workers(2));
    private static final LogRecorder LOG = new LogRecorder();

    private static List<Target> patient = List.of();
    private static List<Target> impatient = List.of();

    @BeforeAll
    static void start() {
        LOG.attach();
        patient = targets(Duration.ofSeconds(10));
        impatient = targets(Duration.ofMillis(100));
    }

    @AfterAll
    static void stop() {
        Stream.concat(patient.stream(), impatient.stream()).forEach(Target::close);
        LOG.detach();
    }

    private static List<Target> targets(Duration handshakeTimeout) {
        return DISPATCHES.stream()
                .map(dispatch -> new Target(dispatch, handshakeTimeout))
                .toList();
    }

    static Stream<Arguments> inEveryDispatch(List<Target> targets, List<Row> rows) {
        return rows.stream().flatMap(row -> targets.stream().map(target -> Arguments.of(row, target)));
    }

    static Stream<Arguments> wrongHandshakes() {
        return inEveryDispatch(patient, WrongHandshakes.rows());
    }

    static Stream<Arguments> notHttp() {
        return inEveryDispatch(patient, NotHttp.rows());
    }

    static Stream<Arguments> wrongHttp() {
        return inEveryDispatch(patient, WrongHttp.rows());
    }

    static Stream<Arguments> wrongFrames() {
        return inEveryDispatch(patient, WrongFrames.rows());
    }

    static Stream<Arguments> gonePeers() {
        return inEveryDispatch(patient, AbsentPeers.gone());
    }

    static Stream<Arguments> silentPeers() {
        return inEveryDispatch(impatient, AbsentPeers.silent());
    }

    @ParameterizedTest(name = "{0} ({1})", autoCloseArguments = false)
    @MethodSource({"wrongHandshakes", "notHttp", "wrongHttp", "wrongFrames", "gonePeers", "silentPeers"})
    void getsTheDocumentedAnswerAndHarmsNobody(Row row, Target target) {
        LOG.clear();
        try (RawClient client = target.connect()) {
            row.attack().accept(client);
            row.answer().expect(client);
        }
        assertThat(target.heard()).isEqualTo(row.answer().heard());
        assertThat(LOG.alarms()).isEmpty();
        if (!row.logged().isEmpty()) assertThat(LOG.lines()).anyMatch(line -> line.contains(row.logged()));

        target.servesTheNextClients();
    }

    @Test
    void theDocumentHasTheseRowsAndNoOthers() throws IOException {
        Stream<String> written =
                Files.readString(Path.of("../docs/bad-input.md")).lines().filter(BadInputTest::isRow);
        assertThat(written).containsExactlyElementsOf(rows().map(Row::line).toList());
    }

    private static Stream<Row> rows() {
        return Stream.of(
                        WrongHandshakes.rows(),
                        NotHttp.rows(),
                        WrongHttp.rows(),
                        WrongFrames.rows(),
                        AbsentPeers.gone(),
                        AbsentPeers.silent())
                .flatMap(List::stream);
    }

    /** A line of a table that is neither its head nor the rule below that. */
    private static boolean isRow(String line) {
        return line.startsWith("| ") && !line.startsWith("| what comes ");
    }
}
