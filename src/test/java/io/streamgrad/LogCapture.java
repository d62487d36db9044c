package io.streamgrad;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.layout.PatternLayout;

/** All that this process logs, stack traces included, from its construction on. */
public final class LogCapture implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final AbstractAppender appender =
      new AbstractAppender(
          "capture",
          null,
          PatternLayout.newBuilder().setPattern("%msg%n%throwable").build(),
          false,
          Property.EMPTY_ARRAY) {
        @Override
        public void append(LogEvent event) {
          lines.add(getLayout().toSerializable(event).toString());
        }
      };
  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);

  public LogCapture() {
    appender.start();
    context.getConfiguration().getRootLogger().addAppender(appender, null, null);
    context.updateLoggers();
  }

  /** What was logged so far. */
  public String text() {
    return String.join("", lines);
  }

  @Override
  public void close() {
    context.getConfiguration().getRootLogger().removeAppender(appender.getName());
    context.updateLoggers();
    appender.stop();
  }
}
