package io.streamgrad.topology;

import io.streamgrad.v1.InputPosition;

/**
 * A record that Kafka did not take.
 *
 * @param topic that it was for
 * @param size {@link RecordSize} of it
 * @param input whose outcome it is; as far as the stream had come, if it does not say
 * @param limits by which it was made
 * @param why Kafka's message
 */
record RefusedOutput(
    String topic, long size, InputPosition input, OutputLimits limits, String why) {

  /** Whether it was made by limits that are no longer those of its topic. */
  boolean isDueTo(OutputLimits now) {
    return size > now.size(topic).bytes() || !now.of(topic).equals(limits.of(topic));
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
            why);
  }
}
