package dev.tidewire.verification.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dependencies for Maven that are shown are modules of this build, in its version. */
class DependenciesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern OURS = Pattern.compile(
            "<groupId>dev\\.tidewire</groupId>\\s*<artifactId>tidewire-(.+)</artifactId>\\s*<version>(.+)</version>");
    private static final Pattern BUILD =
            Pattern.compile("<artifactId>tidewire</artifactId>\\s*<version>(.+)</version>");

    @Test
    void areModulesOfThisBuild() throws IOException {
        String build = BUILD.matcher(Files.readString(ROOT.resolve("pom.xml")))
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
        List<MatchResult> shown = Document.all().stream()
                .flatMap(document -> document.blocks("xml").stream())
                .flatMap(block -> OURS.matcher(block.text()).results())
                .toList();

        assertThat(shown).hasSizeGreaterThanOrEqualTo(2);
        assertThat(shown).extracting(ours -> ours.group(2)).containsOnly(build);
        assertThat(shown)
                .extracting(ours -> ROOT.resolve(ours.group(1)).resolve("pom.xml"))
                .allMatch(Files::exists);
    }
}
