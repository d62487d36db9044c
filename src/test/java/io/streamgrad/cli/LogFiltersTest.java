package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Kafka warns of in an ordinary run is not told; what is like it and no routine is. */
class LogFiltersTest {
  private static final URI FILE = Path.of("src/main/resources/log4j2.xml").toUri();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true|org.apache.kafka.common.telemetry.internals.ClientTelemetryReporter"
            + "|Cannot make telemetry request as telemetry is in state: TERMINATED",
        "false|org.apache.kafka.common.telemetry.internals.ClientTelemetryReporter"
            + "|Failed to serialize telemetry",
        "true|org.apache.kafka.clients.producer.internals.Sender|Got error produce response,"
            + " retrying (2 attempts left). Error: CONCURRENT_TRANSACTIONS",
        "false|org.apache.kafka.clients.producer.internals.Sender"
            + "|Got error produce response, retrying (2 attempts left). Error: NOT_ENOUGH_REPLICAS",
      })
  void warningsOfAnOrdinaryRunAreLeftOut(boolean leftOut, String logger, String message) {
    try (LoggerContext context = new LoggerContext("filters", null, FILE)) {
      context.start();
      Configuration configuration = context.getConfiguration();
      LoggerConfig config = configuration.getLoggerConfig(logger);
      Log4jLogEvent warning =
          Log4jLogEvent.newBuilder()
              .setLoggerName(logger)
              .setLevel(Level.WARN)
              .setMessage(new SimpleMessage(message))
              .build();

      assertThat(config.isFiltered(warning)).isEqualTo(leftOut);
    }
  }
}
