package dev.tidewire.server.internal.topics;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The patterns subscribed to on one loop, level by level, and who subscribes to them.
 *
 * <p>Threads: the loop.
 */
final class PatternTree<M extends Topics.Shared> {
    private final Node<M> root = new Node<>(null, "");

    boolean isEmpty() {
        return root.children.isEmpty();
    }

    void add(Subscription<M> subscription) {
        Node<M> node = root;
        for (String level : TopicName.levels(subscription.filter)) {
            node = node.child(level);
        }
        if (node.audience == null) node.audience = new Audience<>();
        node.audience.add(subscription);
    }

    /** Forgets a pattern that nobody is subscribed to any more, and levels that are not needed for others. */
    void prune(String pattern) {
        Node<M> node = root;
        for (String level : TopicName.levels(pattern)) {
            node = Objects.requireNonNull(node.children.get(level));
        }
        node.audience = null;
        while (node.parent != null && node.audience == null && node.children.isEmpty()) {
            node.parent.children.remove(node.level);
            node = node.parent;
        }
    }

    /** Tells {@code found} of each audience whose pattern fits the topic of these levels. */
    void match(String[] levels, Consumer<Audience<M>> found) {
        match(root, levels, 0, found);
    }

    private static <M extends Topics.Shared> void match(
            Node<M> node, String[] levels, int depth, Consumer<Audience<M>> found) {
        tell(node.children.get(TopicName.ANY_REST), found);
        if (depth == levels.length) {
            tell(node, found);
            return;
        }
        Node<M> literal = node.children.get(levels[depth]);
        if (literal != null) match(literal, levels, depth + 1, found);
        Node<M> any = node.children.get(TopicName.ANY_LEVEL);
        if (any != null) match(any, levels, depth + 1, found);
    }

    private static <M extends Topics.Shared> void tell(@Nullable Node<M> node, Consumer<Audience<M>> found) {
        if (node != null && node.audience != null) found.accept(node.audience);
    }

    private static final class Node<M extends Topics.Shared> {
        final @Nullable Node<M> parent;
        final String level;
        final Map<String, Node<M>> children = new HashMap<>(2);

        @Nullable
        Audience<M> audience;

        Node(@Nullable Node<M> parent, String level) {
            this.parent = parent;
            this.level = level;
        }

        Node<M> child(String level) {
            return children.computeIfAbsent(level, missing -> new Node<>(this, missing));
        }
    }
}
