package dev.tidewire.server.internal.topics;

/** A message that counts who holds it. */
final class Letter implements Topics.Shared {
    private final String topic;
    int users;

    Letter(String topic) {
        this.topic = topic;
    }

    @Override
    public String toString() {
        return topic;
    }

    @Override
    public int bytes() {
        return 1;
    }

    @Override
    public void retain() {
        users++;
    }

    @Override
    public void release() {
        users--;
    }
}
