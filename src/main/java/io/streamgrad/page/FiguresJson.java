package io.streamgrad.page;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamgrad.metrics.Figures;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** How an instance is and what it has done, as JSON. */
final class FiguresJson {
  private FiguresJson() {}

  static void instance(JsonGenerator json, Instance instance) throws IOException {
    json.writeObjectFieldStart("instance");
    json.writeBooleanField("alive", instance.alive());
    json.writeBooleanField("ready", instance.ready());
    json.writeStringField("status", instance.status());
    json.writeArrayFieldStart("partitions");
    for (int partition : instance.partitions().stream().sorted().toList()) {
      json.writeNumber(partition);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  static void figures(JsonGenerator json, Figures figures) throws IOException {
    json.writeObjectFieldStart("figures");
    json.writeNumberField("images", figures.images());
    json.writeNumberField("correct", figures.correct());
    json.writeNumberField("learned", figures.imagesLearned());
    json.writeNumberField("batches", figures.batchesLearned());
    json.writeNumberField("unlabeled", figures.unlabeled());
    json.writeNumberField("skipped", figures.updatesSkipped());
    json.writeNumberField("models", figures.models());
    json.writeNumberField("behind", figures.behind());
    if (figures.commitMillis() != null) {
      json.writeNumberField("commitMillis", figures.commitMillis());
    }
    json.writeObjectFieldStart("deadLetters");
    for (Map.Entry<String, Double> each : new TreeMap<>(figures.deadLetters()).entrySet()) {
      if (each.getValue() > 0) {
        json.writeNumberField(each.getKey(), each.getValue());
      }
    }
    json.writeEndObject();
    durations(json, "latency", figures.inputToPrediction());
    durations(json, "steps", figures.steps());
    json.writeEndObject();
  }

  private static void durations(JsonGenerator json, String name, Figures.Durations durations)
      throws IOException {
    json.writeObjectFieldStart(name);
    json.writeNumberField("count", durations.count());
    json.writeNumberField("seconds", durations.seconds());
    json.writeArrayFieldStart("buckets");
    for (Figures.Bucket bucket : durations.buckets()) {
      json.writeStartArray();
      json.writeNumber(bucket.seconds());
      json.writeNumber(bucket.count());
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
