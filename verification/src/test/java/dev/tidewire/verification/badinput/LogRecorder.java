package dev.tidewire.verification.badinput;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;

/** Keeps what the server and Netty log, down to DEBUG, in place of printing it. */
final class LogRecorder extends Handler {
    /** Strongly held: java.util.logging forgets the settings of loggers that nobody else holds. */
    private final List<Logger> loggers = List.of(Logger.getLogger("dev.tidewire"), Logger.getLogger("io.netty"));

    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    void attach() {
        for (Logger logger : loggers) {
            logger.setUseParentHandlers(false);
            logger.addHandler(this);
        }
        loggers.getFirst().setLevel(Level.FINE);
    }

    void detach() {
        for (Logger logger : loggers) {
            logger.removeHandler(this);
            logger.setUseParentHandlers(true);
            logger.setLevel(null);
        }
    }

    void clear() {
        records.clear();
    }

    /** What calls for attention, which a peer's doing never does, but for a client that was given the wrong port or scheme. */
    List<String> alarms() {
        return texts(record -> isAlarm(record) && !record.getMessage().contains("event=tls_on_plain_port"));
    }

    private static boolean isAlarm(LogRecord record) {
        return record.getLevel().intValue() >= Level.WARNING.intValue() || record.getThrown() != null;
    }

    /** All that is there. */
    List<String> lines() {
        return texts(record -> true);
    }

    @Override
    public void publish(LogRecord record) {
        records.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}

    private List<String> texts(java.util.function.Predicate<LogRecord> wanted) {
        Stream<LogRecord> chosen = records.stream().filter(wanted);
        return chosen.map(record -> new SimpleFormatter().formatMessage(record)
                        + (record.getThrown() == null ? "" : " thrown=" + record.getThrown()))
                .toList();
    }
}
