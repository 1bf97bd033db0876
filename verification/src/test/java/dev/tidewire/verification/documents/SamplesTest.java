package dev.tidewire.verification.documents;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.util.JavacTask;
import dev.tidewire.verification.documents.Document.Block;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every Java sample can be compiled: as it stands when it imports something, else as statements of a program. */
class SamplesTest {
    private static final List<Block> SAMPLES = Document.all().stream()
            .flatMap(document -> document.blocks("java").stream())
            .toList();

    /** What statements may take for granted: the imports that the guide begins with, and the names that it tells there. */
    private static final String BEFORE_STATEMENTS = guidesImports() + """

            WebSocketServer server;
            WebSocketServer ws;
            long fd;
            void main() throws Exception {
            """;

    private static final String AFTER_STATEMENTS = "\n}";

    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    private static final StandardJavaFileManager FILES = COMPILER.getStandardFileManager(null, Locale.ROOT, null);

    @AfterAll
    static void close() throws IOException {
        FILES.close();
    }

    @Test
    void thereAreSamples() {
        assertThat(SAMPLES).hasSizeGreaterThanOrEqualTo(25);
        assertThat(SAMPLES.stream().map(sample -> sample.document().toString()))
                .contains(
                        "README.md",
                        "docs/backpressure.md",
                        "docs/guide.md",
                        "docs/listeners.md",
                        "docs/operations.md",
                        "docs/swoole-parity.md",
                        "docs/tls.md");
    }

    @ParameterizedTest
    @MethodSource("samples")
    void canBeCompiled(Block sample) throws IOException {
        assertThat(hasImports(sample) ? faults(sample, "", "") : faults(sample, BEFORE_STATEMENTS, AFTER_STATEMENTS))
                .isEmpty();
    }

    static Stream<Block> samples() {
        return SAMPLES.stream();
    }

    private static String guidesImports() {
        return SAMPLES.stream()
                .filter(sample -> sample.document().toString().equals("docs/guide.md"))
                .findFirst()
                .orElseThrow()
                .text();
    }

    private static boolean hasImports(Block sample) {
        return sample.text().startsWith("import ");
    }

    private static String faults(Block sample, String before, String after) throws IOException {
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        JavaFileObject source = new Source(before + sample.text() + after);
        JavacTask task = (JavacTask) COMPILER.getTask(
                null, FILES, found, List.of("-proc:none", "-Xlint:deprecation"), null, List.of(source));
        task.analyze();
        long linesBefore = before.lines().count();
        return found.getDiagnostics().stream()
                .map(fault -> where(sample, fault.getLineNumber() - linesBefore) + message(fault))
                .collect(joining("\n"));
    }

    private static String where(Block sample, long line) {
        return sample.document() + ":" + (sample.line() + line - 1) + ": ";
    }

    private static String message(Diagnostic<?> fault) {
        return fault.getMessage(Locale.ROOT);
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String text) {
            super(URI.create("string:///Sample.java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
