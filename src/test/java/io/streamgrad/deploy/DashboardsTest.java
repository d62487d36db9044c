package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.streamgrad.metrics.Meters;
import java.awt.Rectangle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What can be said of dashboards and alerts without a server. */
class DashboardsTest {
  private static final Pattern SELECTOR = Pattern.compile("\\{[^}]*}");
  private static final Pattern AGGREGATION =
      Pattern.compile(
          "(?<![\\w:])(?:sum|max|min|avg|count)(?= ?\\(| by)(?: by \\(namespace, job)?");

  @Test
  void everyFieldIsOneOfGrafanas() throws IOException {
    JsonSchema schema = schema();

    for (JsonNode dashboard : Dashboards.all()) {
      // The schema knows an annotation's target for Grafana's own data source only.
      for (JsonNode annotation : dashboard.at("/annotations/list")) {
        ((ObjectNode) annotation.get("target")).remove(List.of("refId", "expr"));
      }
      assertThat(schema.validate(dashboard)).isEmpty();
    }
  }

  @Test
  void anUnknownFieldAndAWrongValueAreFound() throws IOException {
    for (String place : List.of("", "/panels/1", "/panels/1/options", "/panels/1/targets/0")) {
      JsonNode unknown = Dashboards.all().get(0);
      ((ObjectNode) unknown.at(place)).put("colour", "red");
      assertThat(schema().validate(unknown)).as(place).isNotEmpty();
    }
    JsonNode wrong = Dashboards.all().get(0);
    ((ObjectNode) wrong.at("/panels/1/options")).put("colorMode", "colourful");
    assertThat(schema().validate(wrong)).isNotEmpty();
  }

  private static JsonSchema schema() throws IOException {
    try (InputStream in =
        DashboardsTest.class.getResourceAsStream("/grafana-dashboard.schema.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(in);
    }
  }

  @Test
  void everyPanelSaysWhatItShowsAndInWhatUnit() throws IOException {
    for (JsonNode dashboard : Dashboards.all()) {
      for (JsonNode panel : Dashboards.panels(dashboard)) {
        assertThat(panel.path("description").asText())
            .as(panel.get("title").asText())
            .endsWith(".");
        assertThat(panel.at("/fieldConfig/defaults/unit").asText())
            .as(panel.get("title").asText())
            .isNotEmpty();
        assertThat(panel.findValuesAsText("uid")).containsOnly("${datasource}");
      }
    }
  }

  @Test
  void panelsHaveIdsOfTheirOwnAndDoNotOverlap() throws IOException {
    for (JsonNode dashboard : Dashboards.all()) {
      Set<Integer> ids = new HashSet<>();
      List<Rectangle> taken = new ArrayList<>();
      for (JsonNode panel : dashboard.get("panels")) {
        assertThat(ids.add(panel.get("id").asInt())).as(panel.get("title").asText()).isTrue();
        JsonNode at = panel.get("gridPos");
        Rectangle place =
            new Rectangle(
                at.get("x").asInt(), at.get("y").asInt(), at.get("w").asInt(), at.get("h").asInt());
        assertThat(place.x + place.width).isLessThanOrEqualTo(24);
        assertThat(taken).as(panel.get("title").asText()).noneMatch(place::intersects);
        taken.add(place);
      }
    }
  }

  @Test
  void theDashboardsLinkToEachOther() throws IOException {
    List<JsonNode> all = Dashboards.all();

    assertThat(all.get(0).at("/links/0/url").asText())
        .isEqualTo("/d/" + all.get(1).get("uid").asText());
    assertThat(all.get(1).at("/links/0/url").asText())
        .isEqualTo("/d/" + all.get(0).get("uid").asText());
  }

  /** A service is a job in a namespace; two of them may have the same job. */
  @Test
  void everyPanelKeepsServicesApartAndSumsOverTheirInstances() throws IOException {
    for (Dashboards.Expression expression : Dashboards.ofPanels()) {
      assertThat(SELECTOR.matcher(expression.text()).results().map(MatchResult::group))
          .as(expression.place())
          .isNotEmpty()
          .allMatch(selector -> selector.contains("namespace=~\"$namespace\", job=~\"$job\""));
      String text = expression.text().replaceFirst("^sum by \\(label, predicted\\) ", "");
      assertThat(AGGREGATION.matcher(text).results().map(MatchResult::group))
          .as(expression.place() + ": " + text)
          .allMatch(aggregation -> aggregation.endsWith(" by (namespace, job"));
    }
    for (JsonNode dashboard : Dashboards.all()) {
      assertThat(dashboard.findValuesAsText("legendFormat"))
          .filteredOn(legend -> !legend.isEmpty()) // a table has none
          .allMatch(legend -> legend.startsWith("{{namespace}} {{job}} "));
      assertThat(dashboard.at("/templating/list").findValuesAsText("name"))
          .containsSubsequence("datasource", "namespace", "job");
    }
  }

  @Test
  void everyMeterOfOursIsShownAndNoOtherIsNamed() throws IOException {
    Set<String> named =
        Stream.concat(Dashboards.ofPanels().stream(), Dashboards.ofRules().stream())
            .flatMap(Dashboards.Expression::metrics)
            .filter(metric -> metric.startsWith("streamgrad_"))
            .collect(Collectors.toSet());
    List<String> series = Arrays.stream(Meters.values()).flatMap(m -> m.series().stream()).toList();

    assertThat(series).containsAll(named);
    assertThat(Meters.values())
        .allSatisfy(meter -> assertThat(meter.series()).as(meter.id()).anyMatch(named::contains));
  }

  @Test
  void everyAlertHasAnEntryInTheRunbookAndThereIsNoOther() throws IOException {
    List<String> entries =
        Files.readAllLines(Path.of("docs", "RUNBOOK.md")).stream()
            .filter(line -> line.startsWith("## Streamgrad"))
            .map(line -> line.substring(3))
            .toList();

    assertThat(Dashboards.alerts())
        .extracting(alert -> alert.get("alert").asText())
        .containsExactlyElementsOf(entries);
    assertThat(Dashboards.alerts())
        .allSatisfy(
            alert ->
                assertThat(alert.at("/annotations/runbook_url").asText())
                    .isEqualTo(
                        "docs/RUNBOOK.md#" + alert.get("alert").asText().toLowerCase(Locale.ROOT)));
  }
}
