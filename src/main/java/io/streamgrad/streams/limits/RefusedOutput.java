package io.streamgrad.streams.limits;

import io.streamgrad.streams.settings.Failures;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.RecordSize;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.jspecify.annotations.Nullable;

/**
 * A record that Kafka did not take.
 *
 * @param topic that it was for
 * @param size {@link RecordSize} of it
 * @param input whose outcome it is; as far as the stream had come, if it does not say
 * @param limits by which it was made
 * @param why Kafka's error
 */
record RefusedOutput(
    String topic, long size, InputPosition input, OutputLimits limits, Exception why) {

  /** Whether other limits are in force by now than when it was refused. */
  boolean isDueTo(OutputLimits now) {
    return !now.of(topic).equals(limits.of(topic));
  }

  /**
   * Whether it may have been made by limits of before those that it was refused by: it is larger
   * than anything that is made by these.
   */
  boolean isTooLarge() {
    return size > limits.size(topic).bytes();
  }

  /** Whether its time stamp, which was valid when it was sent, may have waited until it was not. */
  boolean isTooLate() {
    return why instanceof InvalidTimestampException;
  }

  /** Whether it is the same record, created again. */
  boolean isSameAs(@Nullable RefusedOutput other) {
    return other != null
        && topic.equals(other.topic)
        && size == other.size
        && input.equals(other.input);
  }

  /** For a person: nothing of what is in it. */
  String message() {
    TopicLimits.Limit limit = limits.size(topic);
    return "Kafka refused a record of %d bytes for topic %s, which takes %d (%s); it comes of %s-%d, offset %d: %s"
        .formatted(
            size,
            topic,
            limit.bytes(),
            limit.setting(),
            input.getTopic(),
            input.getPartition(),
            input.getOffset(),
            Failures.message(why));
  }
}
