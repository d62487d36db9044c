package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the folder grafana asks of Prometheus. */
final class Dashboards {
  static final Path DIRECTORY = Path.of("grafana", "dashboards");
  static final Path RULES = Path.of("grafana", "prometheus", "rules.yml");
  private static final Pattern METRIC =
      Pattern.compile(
          "\\b(?:streamgrad_|kafka_|jvm_|process_)\\w+\\b|\\b\\w+:streamgrad_\\w+:\\w+\\b");

  private Dashboards() {}

  /** A PromQL expression and where it stands. */
  record Expression(String place, String text) {
    /** As Grafana would send it, for all services and models and scrapes every second. */
    String resolved() {
      return text.replace("$namespace", ".*")
          .replace("$job", ".*")
          .replace("$model", ".*")
          .replace("$__rate_interval", "10s");
    }

    /** The metrics that it names. */
    Stream<String> metrics() {
      return METRIC.matcher(text).results().map(match -> match.group());
    }
  }

  static List<JsonNode> all() throws IOException {
    return List.of(read("learning.json"), read("operations.json"));
  }

  /** All panels but the headings of rows. */
  static List<JsonNode> panels(JsonNode dashboard) {
    return Stream.of(dashboard.get("panels"))
        .flatMap(panels -> panels.valueStream())
        .filter(panel -> !panel.get("type").asText().equals("row"))
        .toList();
  }

  static List<Expression> ofPanels() throws IOException {
    List<Expression> expressions = new ArrayList<>();
    for (JsonNode dashboard : all()) {
      for (JsonNode panel : panels(dashboard)) {
        String place = dashboard.get("title").asText() + ": " + panel.get("title").asText();
        for (JsonNode target : panel.get("targets")) {
          expressions.add(new Expression(place, target.get("expr").asText()));
        }
      }
    }
    return expressions;
  }

  /** The only expression of the only panel of this title. */
  static Expression ofPanel(String title) throws IOException {
    List<Expression> found =
        ofPanels().stream().filter(each -> each.place().endsWith(": " + title)).toList();
    assertThat(found).as(title).hasSize(1);
    return found.get(0);
  }

  static List<JsonNode> rules() throws IOException {
    List<JsonNode> rules = new ArrayList<>();
    for (JsonNode group : new YAMLMapper().readTree(RULES.toFile()).get("groups")) {
      group.get("rules").forEach(rules::add);
    }
    return rules;
  }

  static List<JsonNode> alerts() throws IOException {
    return rules().stream().filter(rule -> rule.has("alert")).toList();
  }

  static List<Expression> ofRules() throws IOException {
    return rules().stream()
        .map(rule -> new Expression(rule.path("alert").asText(), rule.get("expr").asText()))
        .toList();
  }

  private static JsonNode read(String file) throws IOException {
    return new ObjectMapper().readTree(DIRECTORY.resolve(file).toFile());
  }
}
