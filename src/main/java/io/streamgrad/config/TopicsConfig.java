package io.streamgrad.config;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The topics that the service reads and writes; no two are the same.
 *
 * @param images batches to predict and learn from
 * @param predictions one record for every batch
 * @param metrics reports on each model
 * @param deadLetters records that could not be used, with the reason
 * @param snapshots the models' states, where they are published
 * @param labels labels that come after their images; "" where there are none
 * @param commands commands to models; "" where there are none
 * @param applied what came of labels and commands
 * @param create whether topics that do not exist are created at the start
 * @param partitions of a topic that is created; bounds how many models learn side by side
 * @param replicationFactor of a topic that is created; -1 for the broker's default
 */
public record TopicsConfig(
    String images,
    String predictions,
    String metrics,
    String deadLetters,
    String snapshots,
    String labels,
    String commands,
    String applied,
    boolean create,
    int partitions,
    short replicationFactor) {

  private static final int MAX_NAME_LENGTH = 249;

  public TopicsConfig {
    Map<String, String> keyByName = new HashMap<>();
    byKey(images, predictions, metrics, deadLetters, snapshots, labels, commands, applied)
        .forEach(
            (key, name) -> {
              Check.kafkaName(name, MAX_NAME_LENGTH, key);
              Check.that(!name.startsWith("__"), key, name, "without leading \"__\" (Kafka's own)");
              // Kafka's metric names make no difference between the two characters; it refuses
              // to create the second of two such topics.
              String other = keyByName.putIfAbsent(name.replace('.', '_'), key);
              Check.that(
                  other == null,
                  key,
                  name,
                  "different from " + other + " ('.' and '_' count as the same)");
            });
    Check.that(partitions >= 1, "topics.partitions", partitions, "1 or above");
    Check.that(
        replicationFactor == -1 || replicationFactor >= 1,
        "topics.replication-factor",
        replicationFactor,
        "1 or above, or -1 for the broker's default");
  }

  /** Whether labels may come after their images. */
  public boolean hasLabels() {
    return !labels.isEmpty();
  }

  /** Whether models take commands. */
  public boolean hasCommands() {
    return !commands.isEmpty();
  }

  /** Whether what came of labels or commands is written. */
  public boolean hasApplied() {
    return hasLabels() || hasCommands();
  }

  /** The same, where labels come with the images only. */
  public TopicsConfig withoutLabels() {
    return new TopicsConfig(
        images,
        predictions,
        metrics,
        deadLetters,
        snapshots,
        "",
        commands,
        applied,
        create,
        partitions,
        replicationFactor);
  }

  /** The topics' names by the keys that set them. */
  Map<String, String> byKey() {
    return byKey(images, predictions, metrics, deadLetters, snapshots, labels, commands, applied);
  }

  private static Map<String, String> byKey(
      String images,
      String predictions,
      String metrics,
      String deadLetters,
      String snapshots,
      String labels,
      String commands,
      String applied) {
    Map<String, String> names = new LinkedHashMap<>();
    names.put("topics.images", images);
    names.put("topics.predictions", predictions);
    names.put("topics.metrics", metrics);
    names.put("topics.dead-letters", deadLetters);
    names.put("topics.snapshots", snapshots);
    if (!labels.isEmpty()) {
      names.put("topics.labels", labels);
    }
    if (!commands.isEmpty()) {
      names.put("topics.commands", commands);
    }
    names.put("topics.applied", applied);
    return names;
  }
}
