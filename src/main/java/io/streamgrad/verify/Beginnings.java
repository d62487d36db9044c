package io.streamgrad.verify;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * Where the models of a partition begin: with the log, or with a snapshot where the log's start is
 * deleted. One thread.
 */
final class Beginnings {
  /** The version of a prediction that is not there any more. */
  static final long UNKNOWN = -1;

  private final TopicPartition input;
  private final long logStart;
  private final AdoptionHistory adoptions;
  private final Map<String, String> unusable = new HashMap<>(); // by model, the first snapshot

  /**
   * Models of which nothing is known.
   *
   * @param logStart offset of the first record that can be judged
   * @param adoptions what the service's weights were brought to by hand
   */
  Beginnings(TopicPartition input, long logStart, AdoptionHistory adoptions) {
    this.input = input;
    this.logStart = logStart;
    this.adoptions = adoptions;
  }

  long logStart() {
    return logStart;
  }

  /** Notes a snapshot that a model can't begin with. */
  void unusable(String model, String why) {
    unusable.putIfAbsent(model, why);
  }

  /**
   * A model may be taken to begin in the middle of a log only if its first prediction says so.
   *
   * @param version that the prediction names
   * @throws VerificationException if it may not
   */
  void require(String name, ReplayedModel model, long version) {
    if ((logStart > 0 || adoptions.isNewBeginning())
        && model.since() == ReplayedModel.NO_SNAPSHOT
        && !model.hasPrediction()
        && version != 0) {
      throw noSnapshot(name);
    }
  }

  /** The log does not have the beginning of a model, and it was begun with no snapshot. */
  VerificationException noSnapshot(String name) {
    String why = unusable.get(name);
    return new VerificationException(
        "%s begins at offset %d%s, and there is no snapshot of model \"%s\" to begin with%s; snapshots.every-updates makes the service publish some"
            .formatted(
                input,
                logStart,
                adoptions,
                name,
                why == null ? "" : " that can be used (" + why + ")"));
  }
}
