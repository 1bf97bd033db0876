package dev.tidewire.server;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What one logger logs from INFO up while this is open, in place of printing it. */
final class LogLines extends Handler implements AutoCloseable {
    private final Logger logger;
    private final SimpleFormatter formatter = new SimpleFormatter();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    LogLines(String name) {
        logger = Logger.getLogger(name);
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    /** The next line. */
    String next() {
        return Fixture.take(lines);
    }

    /** The next line that begins so. */
    String next(String beginning) {
        while (true) {
            String line = next();
            if (line.startsWith(beginning)) return line;
        }
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    @Override
    public void publish(LogRecord entry) {
        if (entry.getLevel().intValue() >= Level.INFO.intValue()) lines.add(formatter.formatMessage(entry));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
