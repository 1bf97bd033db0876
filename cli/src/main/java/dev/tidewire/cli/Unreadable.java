package dev.tidewire.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Why a file cannot be read, in words; what the JDK says is often its name only. */
final class Unreadable {
    private Unreadable() {}

    static String reason(IOException failure) {
        return switch (failure) {
            case NoSuchFileException _ -> "there is no such file";
            case AccessDeniedException _ -> "it may not be read";
            case CharacterCodingException _ -> "it is not in UTF-8";
            default -> String.valueOf(failure.getMessage());
        };
    }
}
