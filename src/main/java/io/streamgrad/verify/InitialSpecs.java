package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.model.ModelSpec;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What models of a partition begin with. The scaling of their inputs is for good, and where it is
 * not configured it is what the version that began them took: the settings of then are stored.
 */
final class InitialSpecs {
  private final ServiceConfig config;
  private final NavigableMap<Long, ServiceConfig> until = new TreeMap<>(); // by offset

  /**
   * Those of a partition.
   *
   * @param earlier the settings before those of the configuration, oldest first
   * @param topicId of the images topic; settings of another one are of no models of this one
   * @throws io.streamgrad.config.ConfigException if they are none of this version
   */
  InitialSpecs(ServiceConfig config, List<EarlierSettings> earlier, String topicId) {
    this.config = config;
    for (EarlierSettings each : earlier) {
      if (each.topicId().equals(topicId)) {
        // Nothing has begun by later ones of the same offset.
        until.putIfAbsent(each.until(), LearningSettings.in(config, each.text()));
      }
    }
  }

  /** What a model begins with whose first batch has this offset. */
  ModelSpec of(String name, long offset) {
    ModelSpec now = config.model(name);
    Map.Entry<Long, ServiceConfig> then = until.higherEntry(offset);
    return then == null ? now : now.with(then.getValue().model(name).inputScaling());
  }
}
