package dev.tidewire.verification.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Links within the repository lead to a file or folder that is there, and to a heading that it has. */
class LinksTest {
    private static final Map<Path, Document> DOCUMENTS =
            Document.all().stream().collect(Collectors.toMap(Document::path, Function.identity()));
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("#{1,6} (.+)");
    private static final Pattern CODE = Pattern.compile("`[^`]*`");

    private record Link(Document from, int line, String to) {
        boolean isOfTheWeb() {
            return to.contains("://");
        }

        String anchor() {
            return to.contains("#") ? to.substring(to.indexOf('#') + 1) : "";
        }

        /** The file or folder it leads to. */
        Path target() {
            String path = to.replaceFirst("#.*", "");
            return path.isEmpty()
                    ? from.path()
                    : from.path().resolveSibling(path).normalize();
        }

        boolean leadsSomewhere() {
            if (!Files.exists(target())) return false;
            Document document = DOCUMENTS.get(target());
            return anchor().isEmpty() || (document != null && anchors(document).contains(anchor()));
        }

        @Override
        public String toString() {
            return from + ":" + line + " " + to;
        }
    }

    @Test
    void thereAreLinks() {
        assertThat(DOCUMENTS).hasSizeGreaterThan(20);
        assertThat(links())
                .hasSizeGreaterThan(100)
                .anyMatch(link -> !link.anchor().isEmpty());
    }

    @Test
    void leadSomewhere() {
        assertThat(links()).filteredOn(link -> !link.leadsSomewhere()).isEmpty();
    }

    private static List<Link> links() {
        return DOCUMENTS.values().stream()
                .flatMap(LinksTest::links)
                .filter(link -> !link.isOfTheWeb())
                .toList();
    }

    private static Stream<Link> links(Document document) {
        List<String> prose = document.prose();
        return IntStream.range(0, prose.size())
                .boxed()
                .flatMap(line -> LINK.matcher(CODE.matcher(prose.get(line)).replaceAll(""))
                        .results()
                        .map(link -> new Link(document, line + 1, link.group(1))));
    }

    /** The names that GitHub gives to headings; a second one of the same text is numbered. */
    private static Set<String> anchors(Document document) {
        Map<String, Integer> seen = new HashMap<>();
        return document.prose().stream()
                .map(HEADING::matcher)
                .filter(Matcher::matches)
                .map(heading -> anchor(heading.group(1)))
                .map(anchor -> anchor + numbered(seen.merge(anchor, 1, Integer::sum)))
                .collect(Collectors.toSet());
    }

    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                .replace(' ', '-');
    }

    private static String numbered(int time) {
        return time == 1 ? "" : "-" + (time - 1);
    }
}
