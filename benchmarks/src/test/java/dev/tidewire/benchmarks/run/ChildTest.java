package dev.tidewire.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
@Timeout(60)
final class ChildTest {
    private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

    @Test
    void ends_with_the_process_that_started_it() throws Exception {
        String pid = outputOf(Starts.class);

        assertThat(ProcessHandle.of(Long.parseLong(pid))).isEmpty();
    }

    @Test
    void is_not_started_by_a_process_that_ends() throws Exception {
        assertThat(outputOf(StartsAtItsEnd.class)).isEqualTo("this process ends");
    }

    @Test
    void what_fails_in_a_process_that_ends_is_no_sample() throws Exception {
        assertThat(outputOf(MeasuresAtItsEnd.class)).isEqualTo("this process ends");
    }

    private static String outputOf(Class<?> program) throws IOException, InterruptedException {
        String java = JAVA_HOME.resolve("bin", "java").toString();
        return Output.of(List.of(java, "-cp", System.getProperty("java.class.path"), program.getName()));
    }

    static final class Starts {
        static void main() throws Exception {
            System.out.println(
                    Child.start(new ProcessBuilder("sleep", "60")).process().pid());
        }
    }

    static final class StartsAtItsEnd {
        static void main() {
            atTheEnd(() -> Child.start(new ProcessBuilder("sleep", "60")));
        }
    }

    static final class MeasuresAtItsEnd {
        static void main() {
            Peer peer = new Peer("none", Set.of(Works.ECHO), true, "", (_, _) -> List.of("false"));
            Path noFolder = JAVA_HOME.resolve("release");
            Comparison comparison = new Comparison(
                    List.of(peer),
                    List.of(Works.of(Works.ECHO)),
                    1,
                    new Sampling(WarmUp.fixed(Duration.ZERO), Duration.ZERO, 1),
                    1,
                    null,
                    new Cores(List.of(0), false, Optional.empty(), Optional.empty()),
                    noFolder,
                    (_, _, _) -> false,
                    System.out::println);
            atTheEnd(comparison::run);
        }
    }

    private interface Act {
        void take() throws IOException, InterruptedException;
    }

    private static void atTheEnd(Act act) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                act.take();
            } catch (IOException | InterruptedException e) {
                System.out.println(e.getMessage());
            }
        }));
    }
}
