package io.streamgrad.streams.runtime;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.admin.Permissions;
import io.streamgrad.streams.admin.Topics;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.limits.LimitsInForce;
import io.streamgrad.streams.settings.Failures;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.jspecify.annotations.Nullable;

/** What is to be done about an error of the running stream. Thread-safe. */
final class StreamErrors {
  private final ServiceConfig config;
  private final LimitsInForce limits;

  StreamErrors(ServiceConfig config, LimitsInForce limits) {
    this.config = config;
    this.limits = limits;
  }

  /**
   * The error as a person should read it; null if a new thread, which begins with the last commit,
   * does not meet it again.
   */
  @Nullable Throwable explained(Throwable error) {
    Throwable root = Failures.root(error);
    if (root instanceof InvalidTxnStateException) {
      // Kafka had timed the transaction out before its commit came: nothing of it counts, as when
      // an instance is fenced. Brokers before KAFKA-20785 answer with what producers can't mend.
      return null;
    }
    if (root instanceof MissingSourceTopicException) {
      // A consumer that has lost all its brokers forgets what it knew of topics. If it leads the
      // group and hands out partitions before it has asked again, it takes them for deleted.
      return Topics.isInputGone(config)
          ? new TopicsException("topic " + config.topics().images() + " was deleted")
          : null;
    }
    if (root instanceof RecordTooLargeException
        || root instanceof RecordBatchTooLargeException
        || root instanceof InvalidTimestampException) {
      return limits.askAgain(config);
    }
    if (Failures.message(root).contains("transaction.max.timeout.ms")) {
      // The producer wraps what the broker says in an error without a type of its own.
      return new ConfigException(
          "commit-interval: %s needs transactions that may stay open for %s, and the brokers allow less (their transaction.max.timeout.ms, 15 minutes by default); lower it, to 10m at most with that default, or raise theirs"
              .formatted(config.commitInterval(), config.transactionTimeout()));
    }
    return Permissions.explained(error, config);
  }
}
