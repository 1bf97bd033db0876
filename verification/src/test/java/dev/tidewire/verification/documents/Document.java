package dev.tidewire.verification.documents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** A Markdown file of this repository. */
record Document(Path path, List<String> lines) {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> BUILT = Set.of("target", "node_modules");
    private static final String FENCE = "```";

    /** What stands in a fenced block, whose first line is {@code line}, counted from 1. */
    record Block(Document document, int line, String language, String text) {
        @Override
        public String toString() {
            return document + ":" + line;
        }
    }

    /** Every one that is not itself made by the build. */
    static List<Document> all() {
        List<Document> documents = new ArrayList<>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    return isSource(folder) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (file.toString().endsWith(".md")) documents.add(new Document(file, Files.readAllLines(file)));
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return documents;
    }

    private static boolean isSource(Path folder) {
        String name = folder.getFileName().toString();
        return folder.equals(ROOT) || !(name.startsWith(".") || BUILT.contains(name));
    }

    List<Block> blocks() {
        List<Block> blocks = new ArrayList<>();
        for (int fence = next(0); fence < lines.size(); ) {
            int end = next(fence + 1);
            String language = lines.get(fence).substring(FENCE.length());
            blocks.add(new Block(this, fence + 2, language, String.join("\n", lines.subList(fence + 1, end))));
            fence = next(end + 1);
        }
        return blocks;
    }

    List<Block> blocks(String language) {
        return blocks().stream()
                .filter(block -> block.language().equals(language))
                .toList();
    }

    /** The lines, those of fenced blocks empty. */
    List<String> prose() {
        List<String> prose = new ArrayList<>(lines);
        for (Block block : blocks()) {
            int end = block.line() + (int) block.text().lines().count();
            Collections.fill(prose.subList(block.line() - 2, end), "");
        }
        return prose;
    }

    private int next(int from) {
        for (int line = from; line < lines.size(); line++) {
            if (lines.get(line).startsWith(FENCE)) return line;
        }
        return lines.size();
    }

    @Override
    public String toString() {
        return ROOT.relativize(path).toString();
    }
}
