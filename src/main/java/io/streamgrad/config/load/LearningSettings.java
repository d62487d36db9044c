package io.streamgrad.config.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.config.ConfigException;
import io.streamgrad.config.LabelsConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelSpec.InputScaling;
import java.util.Map;
import java.util.TreeMap;

/**
 * The part of a configuration that decides what a log makes of models, as text: to be stored, so
 * that what was learned can be learned again after somebody has changed it.
 */
public final class LearningSettings {
  private static final ObjectMapper MAPPER = ConfigLoader.mapper();

  private LearningSettings() {}

  /** Those of a configuration, as JSON with the keys that configurations have. */
  public static String of(ServiceConfig config) {
    ObjectNode settings = MAPPER.createObjectNode();
    settings.put("default-model", config.defaultModel());
    settings
        .putObject("reports")
        .put("every-images", config.reports().everyImages())
        .put("every", config.reports().every().toString());
    if (config.topics().hasLabels()) {
      settings
          .putObject("labels")
          .put("wait-images", config.labels().waitImages())
          .put("wait-time", config.labels().waitTime().toString());
    }
    ObjectNode model = MAPPER.valueToTree(config.model());
    settings.set("model", model);
    ObjectNode models = settings.putObject("models");
    models.set("partitioner", MAPPER.valueToTree(config.models().partitioner()));
    models.set("allow", MAPPER.valueToTree(config.models().allow()));
    models.put("max", config.models().max());
    new TreeMap<>(config.models().byName())
        .forEach(
            (name, own) -> {
              ObjectNode differences = differences(MAPPER.valueToTree(own), model);
              if (!differences.isEmpty()) {
                models.set(name, differences);
              }
            });
    return settings.toString();
  }

  /**
   * Those that models had by a configuration before settings were stored: scaling that was not
   * configured was unit.
   */
  public static String beforeStored(ServiceConfig config) {
    try {
      ObjectNode settings = MAPPER.readValue(of(config), ObjectNode.class);
      for (JsonNode scaled : settings.findParents("input-scaling")) {
        if (scaled.get("input-scaling").equals(MAPPER.valueToTree(InputScaling.AUTO))) {
          ((ObjectNode) scaled).set("input-scaling", MAPPER.valueToTree(InputScaling.UNIT));
        }
      }
      return settings.toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings that were just written", e);
    }
  }

  /** Those of one model, as JSON with the keys that configurations have. */
  public static String of(ModelSpec model) {
    return MAPPER.<ObjectNode>valueToTree(model).toString();
  }

  /** The keys of a model that have other values than those of every model: there may be many. */
  private static ObjectNode differences(ObjectNode own, ObjectNode all) {
    ObjectNode differences = MAPPER.createObjectNode();
    for (Map.Entry<String, JsonNode> field : own.properties()) {
      JsonNode value = field.getValue();
      JsonNode common = all.get(field.getKey());
      if (value instanceof ObjectNode group && common instanceof ObjectNode ofAll) {
        ObjectNode inGroup = differences(group, ofAll);
        if (!inGroup.isEmpty()) {
          differences.set(field.getKey(), inGroup);
        }
      } else if (!value.equals(common)) {
        differences.set(field.getKey(), value);
      }
    }
    return differences;
  }

  /**
   * A configuration with stored settings in the place of its own. Keys that are not stored, because
   * the version that did it had none, have their defaults.
   *
   * @throws ConfigException if they are none of this version
   */
  public static ServiceConfig in(ServiceConfig config, String stored) {
    try {
      ConfigTree tree = new ConfigTree(ConfigLoader.defaults());
      ObjectNode settings = MAPPER.readValue(stored, ObjectNode.class);
      tree.merge(settings, "stored");
      ServiceConfig before = MAPPER.treeToValue(tree.resolved(), ServiceConfig.class);
      return new ServiceConfig(
          config.applicationId(),
          config.processingGuarantee(),
          config.stateDir(),
          config.commitInterval(),
          config.recoveryTarget(),
          config.kafka(),
          settings.has("labels") ? config.topics() : config.topics().withoutLabels(),
          config.outputs(),
          before.reports(),
          config.snapshots(),
          new LabelsConfig(
              before.labels().waitImages(),
              before.labels().waitTime(),
              config.labels().waitBytes()),
          config.metrics(),
          config.http(),
          before.defaultModel(),
          before.model(),
          before.models());
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          "the settings that the stored weights were learned with",
          "are not those of this version, start the one that stored them: " + stored);
    }
  }
}
