package dev.millrace.tools.serve;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.millrace.config.LogConfig;
import org.slf4j.LoggerFactory;

/** Where log lines go: standard error, for people or as one JSON object a line. */
public final class Logging {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: %msg %kvp%n";

    private Logging() {}

    /** Replaces whatever was configured. Called once, before anything logs. */
    public static void configure(LogConfig config) {
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setTarget("System.err");
        EncoderBase<ILoggingEvent> encoder =
                switch (config.format()) {
                    case TEXT -> pattern();
                    case JSON -> json();
                };
        encoder.setContext(context);
        encoder.start();
        appender.setEncoder(encoder);
        appender.start();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        context.getLogger("dev.millrace").setLevel(Level.INFO);
        context.getLogger("millrace").setLevel(Level.INFO);
        // The tokenizer binding looks for GPUs that nobody asked it to use.
        context.getLogger("ai.djl").setLevel(Level.ERROR);
    }

    private static EncoderBase<ILoggingEvent> pattern() {
        var encoder = new PatternLayoutEncoder();
        encoder.setPattern(PATTERN);
        return encoder;
    }

    private static EncoderBase<ILoggingEvent> json() {
        var encoder = new JsonEncoder();
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.setWithContext(false);
        encoder.setWithMarkers(false);
        encoder.setWithMDC(false);
        encoder.setWithMessage(false);
        encoder.setWithFormattedMessage(true);
        encoder.setWithArguments(false);
        return encoder;
    }
}
