package io.streamgrad.streams.admin;

import io.streamgrad.streams.settings.Answers;
import io.streamgrad.streams.settings.ChangelogSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The settings of a changelog that is there: an earlier version has made it with Kafka's own. */
final class Changelog {
  private static final Logger LOG = LoggerFactory.getLogger(Changelog.class);

  private Changelog() {}

  /**
   * Gives it those of {@link ChangelogSettings} where it has no settings of its own. Without them
   * the service works all the same, and restores take longer.
   */
  static void configure(Admin admin, String topic) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try {
      Config now =
          Answers.of(admin.describeConfigs(Set.of(resource)).all()).values().iterator().next();
      Map<String, String> missing = new TreeMap<>(ChangelogSettings.byName());
      missing.keySet().removeIf(name -> isSet(now.get(name)));
      if (!missing.isEmpty()) {
        alter(admin, resource, missing);
      }
    } catch (AuthorizationException | PolicyViolationException e) {
      LOG.warn(
          "topic {} grows larger than it needs to, since its settings can't be changed ({}): set"
              + " {}",
          topic,
          e.getMessage(),
          new TreeMap<>(ChangelogSettings.byName()));
    }
  }

  private static void alter(Admin admin, ConfigResource topic, Map<String, String> settings) {
    List<AlterConfigOp> operations = new ArrayList<>();
    settings.forEach(
        (name, value) ->
            operations.add(
                new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
    Answers.of(admin.incrementalAlterConfigs(Map.of(topic, operations)).all());
    LOG.info("topic {} has got settings: {}", topic.name(), settings);
  }

  /** Whether somebody has chosen it for this topic, who is not Kafka Streams. */
  private static boolean isSet(@Nullable ConfigEntry entry) {
    return entry != null
        && entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG
        && !entry.value().equals(TimestampType.CREATE_TIME.name);
  }
}
