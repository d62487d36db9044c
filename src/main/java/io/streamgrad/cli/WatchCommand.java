package io.streamgrad.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tails an output topic. */
@Command(
    name = "watch",
    description = "Shows what the service publishes, once it is committed (read_committed).")
final class WatchCommand implements Callable<Integer> {
  /** How a record is shown. */
  enum Format {
    TEXT,
    JSON
  }

  @Spec private CommandSpec spec;
  @Mixin private ClientOptions client;
  @Mixin private WatchFilter filter;

  @Parameters(
      paramLabel = "predictions|applied|metrics|dead-letters",
      converter = WatchedTopic.Converter.class,
      description = "Which topic.")
  private WatchedTopic watched;

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      description = "Its name (default: streamgrad. and the above).")
  private @Nullable String topic;

  @Option(names = "--from-beginning", description = "Not only what comes from now on.")
  private boolean fromBeginning;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "9223372036854775807",
      showDefaultValue = Visibility.NEVER,
      description = "Stop after so many records (default: go on until interrupted).")
  private long limit;

  @Option(
      names = "--format",
      paramLabel = "text|json",
      defaultValue = "text",
      description = "A record is a line of text or of JSON (default: ${DEFAULT-VALUE}).")
  private Format format;

  @Override
  public Integer call() throws InterruptedException {
    Arguments.require(spec, limit >= 0, "--limit", limit, "0 or above");
    filter.check(spec);
    List<String> topics = List.of(topic != null ? topic : watched.defaultTopic());
    boolean lookBack = fromBeginning || filter.looksBack();
    try (TopicTail tail = new TopicTail(client.ofAnsweringBroker(), topics, lookBack)) {
      if (!fromBeginning && filter.fromTime() != null) {
        tail.seek(filter.fromTime());
      }
      tail.forEach(limit, filter.end(), this::show);
    }
    return ExitCode.OK;
  }

  /** Shows a record, if it passes; returns whether it does. */
  private boolean show(ConsumerRecord<byte[], byte[]> record) {
    try {
      WatchedRecord read = watched.read(record);
      boolean passes = filter.passes(record, read);
      if (passes) {
        System.out.println(
            format == Format.JSON
                ? Printable.json(read.json().get())
                : Printable.line(read.line().get()));
      }
      return passes;
    } catch (SerializationException e) {
      // Not among the records, which another program may read.
      System.err.println(
          Printable.line(
              "%s-%d@%d is passed over: %s"
                  .formatted(record.topic(), record.partition(), record.offset(), e.getMessage())));
      return false;
    }
  }
}
