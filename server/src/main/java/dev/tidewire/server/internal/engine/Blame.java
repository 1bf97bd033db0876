package dev.tidewire.server.internal.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Who is to answer for what a thread does.
 *
 * @param where       the topmost frame of the application, else the topmost of all
 * @param application whether it is the application's
 */
public record Blame(String where, boolean application) {
    private static final List<String> NOT_THE_APPLICATION = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "io.netty.",
            "dev.tidewire.server.",
            "dev.tidewire.protocol.");

    public static Blame on(StackTraceElement[] stack) {
        Optional<StackTraceElement> theirs =
                Arrays.stream(stack).filter(Blame::isApplication).findFirst();
        String where = theirs.or(() -> Arrays.stream(stack).findFirst())
                .map(Blame::name)
                .orElse("unknown");
        return new Blame(where, theirs.isPresent());
    }

    private static boolean isApplication(StackTraceElement frame) {
        return NOT_THE_APPLICATION.stream().noneMatch(frame.getClassName()::startsWith);
    }

    /** Without the class loader and the module, and as one word. */
    private static String name(StackTraceElement frame) {
        String file = frame.getFileName() == null ? "unknown" : frame.getFileName();
        String line = frame.getLineNumber() < 0 ? "" : ":" + frame.getLineNumber();
        return AccessLog.oneWord(frame.getClassName() + "." + frame.getMethodName() + "(" + file + line + ")");
    }
}
