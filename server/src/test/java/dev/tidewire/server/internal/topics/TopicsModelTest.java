package dev.tidewire.server.internal.topics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random subscriptions, departures and publications, against a list that is searched from end to end. The loop comes to its tasks late, as
 * real ones do: what counts is who was subscribed when something was published.
 */
class TopicsModelTest {
    private static final String[] LEVELS = {"a", "b", "", "+", "#"};

    private static final int MAX_WAITING_BYTES = 1 << 30;

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Executor loop = tasks::add;
    private final Topics<Letter> topics = new Topics<>(1000, 100, MAX_WAITING_BYTES);
    private final List<Letter> letters = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aPublicationReachesWhomItConcernsOnce(long seed) {
        Random random = new Random(seed);
        List<Reader> readers = new ArrayList<>();
        for (int step = 0; step < 3000; step++) {
            switch (random.nextInt(7)) {
                case 0 -> readers.add(new Reader());
                case 1, 2 -> {
                    String filter = filter(random);
                    if (!readers.isEmpty() && isWellFormed(filter))
                        pick(readers, random).subscribe(filter);
                }
                case 3 -> {
                    if (!readers.isEmpty()) pick(readers, random).unsubscribeOne(random);
                }
                case 4 -> {
                    if (readers.size() > 20)
                        readers.remove(random.nextInt(readers.size())).leave();
                }
                case 5 -> publish(topic(random), readers);
                default -> {
                    if (random.nextInt(4) == 0) runTasks(readers);
                }
            }
        }
        runTasks(readers);
        readers.forEach(Reader::leave);
        runTasks(readers);
        assertThat(topics.concerns("a")).isFalse();
    }

    private void publish(String topic, List<Reader> readers) {
        Letter letter = new Letter(topic);
        letters.add(letter);
        topics.publish(topic, letter, null);
        for (Reader reader : readers) {
            if (reader.filters.stream().anyMatch(filter -> fits(filter, topic))) reader.due.add(letter);
        }
    }

    private void runTasks(List<Reader> readers) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        for (Reader reader : readers) {
            assertThat(reader.got).isEqualTo(reader.due);
            reader.got.clear();
            reader.due.clear();
        }
        assertThat(letters).allMatch(letter -> letter.users == 0);
        letters.clear();
    }

    /** The rule, without regard to speed. */
    private static boolean fits(String filter, String topic) {
        String[] wanted = filter.split("/", -1);
        String[] levels = topic.split("/", -1);
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].equals("#")) return true;
            if (i == levels.length) return false;
            if (!wanted[i].equals("+") && !wanted[i].equals(levels[i])) return false;
        }
        return wanted.length == levels.length;
    }

    private static boolean isWellFormed(String filter) {
        int rest = filter.indexOf('#');
        return !filter.isEmpty() && (rest < 0 || rest == filter.length() - 1);
    }

    private static String filter(Random random) {
        return join(random, LEVELS.length);
    }

    private static String topic(Random random) {
        String topic = join(random, LEVELS.length - 2);
        return topic.isEmpty() ? "a" : topic;
    }

    private static String join(Random random, int kinds) {
        List<String> levels = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) levels.add(LEVELS[random.nextInt(kinds)]);
        return String.join("/", levels);
    }

    private static Reader pick(List<Reader> readers, Random random) {
        return readers.get(random.nextInt(readers.size()));
    }

    private final class Reader implements Subscriber<Letter> {
        final Set<String> filters = new HashSet<>();
        final List<Letter> due = new ArrayList<>();
        final List<Letter> got = new ArrayList<>();
        private final Subscriptions<Letter> subscriptions = new Subscriptions<>(this);

        void subscribe(String filter) {
            topics.requireFilter(filter);
            assertThat(topics.subscribe(this, filter)).isTrue();
            filters.add(filter);
            assertThat(topics.filters(this)).isEqualTo(filters);
        }

        void unsubscribeOne(Random random) {
            if (filters.isEmpty()) return;
            String filter = List.copyOf(filters).get(random.nextInt(filters.size()));
            assertThat(topics.unsubscribe(this, filter)).isTrue();
            filters.remove(filter);
        }

        void leave() {
            topics.gone(this);
            assertThat(topics.subscribe(this, "late")).isFalse();
        }

        @Override
        public Executor loop() {
            return loop;
        }

        @Override
        public Subscriptions<Letter> subscriptions() {
            return subscriptions;
        }

        @Override
        public void published(Letter message) {
            assertThat(message.users).isPositive();
            got.add(message);
        }
    }
}
