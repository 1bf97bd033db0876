package dev.tidewire.server.internal.topics;

import java.util.Objects;

/**
 * The form of topics and of the filters that subscribe to them: levels between slashes. In a filter a level {@code +} stands for any one
 * level, and {@code #} as the last level for any number of them, none included.
 */
final class TopicName {
    static final String ANY_LEVEL = "+";
    static final String ANY_REST = "#";
    /** Of a pattern: each is a node of a tree, which costs many times what the name does. */
    private static final int MAX_PATTERN_LEVELS = 32;

    private TopicName() {}

    /**
     * Fails unless something can be published to {@code topic}.
     *
     * @throws IllegalArgumentException naming the rule and the topic
     */
    static void requireTopic(String topic, int maxLength) {
        requireLength(topic, maxLength);
        require(!isPattern(topic), "a topic that is published to holds no + and no #", topic);
    }

    /**
     * Fails unless {@code filter} can be subscribed to.
     *
     * @throws IllegalArgumentException naming the rule and the filter
     */
    static void requireFilter(String filter, int maxLength) {
        requireLength(filter, maxLength);
        if (!isPattern(filter)) return;
        String[] levels = levels(filter);
        require(levels.length <= MAX_PATTERN_LEVELS, "a pattern has at most " + MAX_PATTERN_LEVELS + " levels", filter);
        for (int i = 0; i < levels.length; i++) {
            String level = levels[i];
            boolean last = i == levels.length - 1;
            require(level.length() == 1 || !isPattern(level), "+ and # stand alone in their level", filter);
            require(last || !level.equals(ANY_REST), "# is the last level", filter);
        }
    }

    /** True for a filter that may fit several topics. */
    static boolean isPattern(String filter) {
        return filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
    }

    static String[] levels(String name) {
        return name.split("/", -1);
    }

    private static void requireLength(String name, int maxLength) {
        Objects.requireNonNull(name, "topic");
        if (name.isEmpty()) throw new IllegalArgumentException("a topic must not be empty");
        if (name.length() > maxLength) {
            throw new IllegalArgumentException(
                    "a topic has at most maxTopicLength (" + maxLength + ") characters, was " + name.length());
        }
    }

    private static void require(boolean holds, String rule, String name) {
        if (!holds) throw new IllegalArgumentException(rule + ", was " + name);
    }
}
