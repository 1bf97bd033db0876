package dev.tidewire.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What is wrong with the words after the command: a sentence for who wrote them, and exit code 2. */
final class Misuse {
    private Misuse() {}

    static ParameterException of(@Nullable CommandSpec command, String sentence) {
        return new ParameterException(Objects.requireNonNull(command).commandLine(), sentence);
    }

    /** That of the server's options is the sentence. */
    static ParameterException of(@Nullable CommandSpec command, IllegalArgumentException refused) {
        return new ParameterException(
                Objects.requireNonNull(command).commandLine(), String.valueOf(refused.getMessage()), refused);
    }

    /**
     * Fails unless {@code value} is {@code least} to {@code most}.
     *
     * @param unit what it counts; empty for a number of nothing
     */
    static void requireWithin(
            @Nullable CommandSpec command, String option, int value, int least, int most, String unit) {
        if (value >= least && value <= most) return;
        String range = least + " to " + most + (unit.isEmpty() ? "" : " " + unit);
        throw of(command, option + " must be " + range + ", was " + value);
    }
}
