package dev.tidewire.server.internal.engine;

import java.util.Arrays;
import java.util.List;

/** Finds out who is to answer for what a thread does. */
final class Blame {
    private static final List<String> NOT_THE_APPLICATION = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "io.netty.",
            "dev.tidewire.server.",
            "dev.tidewire.protocol.");

    private Blame() {}

    /** The topmost frame of the application, else the topmost of all. */
    static String on(StackTraceElement[] stack) {
        return Arrays.stream(stack)
                .filter(Blame::isApplication)
                .findFirst()
                .or(() -> Arrays.stream(stack).findFirst())
                .map(Blame::name)
                .orElse("unknown");
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
