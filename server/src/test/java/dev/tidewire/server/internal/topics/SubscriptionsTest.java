package dev.tidewire.server.internal.topics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left when a change or a publication cannot be handed to the loop. */
class SubscriptionsTest {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Topics<Letter> topics = new Topics<>(1000, 100, 1000);
    private final Executor loop = this::execute;
    private boolean noMemory;

    @ParameterizedTest
    @ValueSource(strings = {"topic", "+"})
    void whatCouldNotBeSubscribedToIsNot(String filter) {
        Reader reader = new Reader();
        noMemory = true;
        assertThatThrownBy(() -> topics.subscribe(reader, filter)).isInstanceOf(OutOfMemoryError.class);

        assertThat(topics.filters(reader)).isEmpty();
        assertThat(topics.concerns("topic")).isFalse();
        assertThat(topics.subscribe(reader, "other")).isTrue();
        topics.gone(reader);
        turn();
        assertThat(topics.concerns("other")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"topic", "+"})
    void whatCouldNotBeTakenBackGoesOn(String filter) {
        Reader reader = new Reader();
        topics.subscribe(reader, filter);
        noMemory = true;
        assertThatThrownBy(() -> topics.unsubscribe(reader, filter)).isInstanceOf(OutOfMemoryError.class);

        assertThat(topics.filters(reader)).containsExactly(filter);
        Letter letter = publish("topic");
        turn();
        assertThat(reader.got).containsExactly(letter);
        assertThat(topics.unsubscribe(reader, filter)).isTrue();
        assertThat(topics.concerns("topic")).isFalse();
    }

    @Test
    void whatCouldNotBePublishedIsReleasedAndTakesNoRoom() {
        Reader reader = new Reader();
        topics.subscribe(reader, "topic");
        for (int i = 0; i < 100; i++) {
            noMemory = true;
            assertThatThrownBy(() -> publish("topic")).isInstanceOf(OutOfMemoryError.class);
        }

        Letter letter = publish("topic");
        turn();
        assertThat(reader.got).containsExactly(letter);
        assertThat(reader.got).allMatch(read -> read.users == 0);
    }

    private Letter publish(String topic) {
        Letter letter = new Letter(topic);
        try {
            assertThat(topics.publish(topic, letter, null)).isTrue();
        } finally {
            if (tasks.isEmpty()) assertThat(letter.users).isZero();
        }
        return letter;
    }

    private void execute(Runnable task) {
        if (noMemory) {
            noMemory = false;
            throw new OutOfMemoryError("no memory, as a test has it");
        }
        tasks.add(task);
    }

    private void turn() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private final class Reader implements Subscriber<Letter> {
        final List<Letter> got = new ArrayList<>();
        private final Subscriptions<Letter> subscriptions = new Subscriptions<>(this);

        @Override
        public Executor loop() {
            return loop;
        }

        @Override
        public Subscriptions<Letter> subscriptions() {
            return subscriptions;
        }

        @Override
        public void published(Letter letter) {
            got.add(letter);
        }
    }
}
