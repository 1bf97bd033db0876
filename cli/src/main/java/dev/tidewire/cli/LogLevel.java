package dev.tidewire.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** How much is logged; the constants are spelled as on the command line. */
enum LogLevel {
    error,
    warn,
    info,
    debug;

    private static final String OURS = "dev.tidewire";
    /** Held on to: a logger that nobody holds is forgotten with its settings. */
    private static final Logger ACCESS = Logger.getLogger("dev.tidewire.access");

    /** Sends every record of this level or above to standard error, one line each. */
    void configure() {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(level());
        root.addHandler(handler());
    }

    /** Shows the access log, too, even when it is below the level asked for. */
    static void showAccess() {
        ACCESS.setLevel(Level.INFO);
        ACCESS.setUseParentHandlers(false);
        for (Handler present : ACCESS.getHandlers()) {
            ACCESS.removeHandler(present);
        }
        ACCESS.addHandler(info.handler());
    }

    private Level level() {
        return switch (this) {
            case error -> Level.SEVERE;
            case warn -> Level.WARNING;
            case info -> Level.INFO;
            case debug -> Level.FINE;
        };
    }

    private Handler handler() {
        Handler handler = new ConsoleHandler();
        handler.setLevel(level());
        handler.setFilter(LogLevel::concernsUs);
        handler.setFormatter(new OneLine());
        return handler;
    }

    /** Libraries are heard when they warn: their details are not about this command. */
    private static boolean concernsUs(LogRecord entry) {
        String logger = entry.getLoggerName();
        return entry.getLevel().intValue() >= Level.WARNING.intValue() || (logger != null && logger.startsWith(OURS));
    }

    private static String nameOf(Level level) {
        for (LogLevel name : values()) {
            if (level.intValue() >= name.level().intValue()) return name.name();
        }
        return level.getName().toLowerCase(Locale.ROOT);
    }

    /** {@code time level message}, with the cause behind it when there is one. */
    private static final class OneLine extends Formatter {
        @Override
        public String format(LogRecord entry) {
            return time(entry.getInstant()) + " " + nameOf(entry.getLevel()) + " " + formatMessage(entry)
                    + cause(entry.getThrown()) + System.lineSeparator();
        }

        private static String time(Instant instant) {
            return instant.atZone(ZoneId.systemDefault())
                    .toOffsetDateTime()
                    .truncatedTo(ChronoUnit.MILLIS)
                    .toString();
        }

        private static String cause(@Nullable Throwable thrown) {
            if (thrown == null) return "";
            StackTraceElement[] trace = thrown.getStackTrace();
            return " cause=\"" + thrown + "\"" + (trace.length == 0 ? "" : " at=" + trace[0]);
        }
    }
}
