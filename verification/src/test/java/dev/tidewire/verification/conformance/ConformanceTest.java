package dev.tidewire.verification.conformance;

import dev.tidewire.verification.NoLeaks;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** RFC 6455 and RFC 7692 as tables: each row is played in every dispatch mode, with the client's bytes cut in every way. */
@ExtendWith(NoLeaks.class)
class ConformanceTest {
    private static final Stage stage = new Stage();

    @AfterAll
    static void close() {
        stage.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("handshakes")
    void handshakesAreAsTheyMustBe(HandshakeRow row) throws InterruptedException {
        stage.play(row);
    }

    static List<HandshakeRow> handshakes() {
        return HandshakeRow.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("framing")
    void lengthsAndMasksHaveOneLegalForm(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> framing() {
        return Table.read("framing.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("pings")
    void pingsAreAnswered(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> pings() {
        return Table.read("pings.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("reserved")
    void whatHasNoMeaningIsRefused(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> reserved() {
        return Table.read("reserved.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fragments")
    void fragmentsMakeMessages(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> fragments() {
        return Table.read("fragments.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("utf8")
    void textIsUtf8FromItsFirstByteOn(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> utf8() {
        return Table.read("utf8.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("closing")
    void closingIsAHandshake(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> closing() {
        return Table.read("closing.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("limits")
    void limitsHoldAtTheLimitAndOnePastIt(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> limits() {
        return Table.read("limits.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("large")
    void sizeChangesNothing(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> large() {
        return Table.read("large.txt");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("compression")
    void compressionIsWhatWasAgreedOn(Row row) throws InterruptedException {
        stage.play(row);
    }

    static List<Row> compression() {
        return Table.read("compression.txt");
    }
}
