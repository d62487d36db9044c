package io.streamgrad.page;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.Score;
import java.io.IOException;
import java.util.List;

/** What an open page is told of models, as JSON; src/main/resources/page/stream.js reads it. */
final class ModelJson {
  /** Of more classes the confusion is more than a page can show. */
  private static final int MAX_CLASSES = 32;

  private ModelJson() {}

  /** The model as a row of a list. */
  static void row(JsonGenerator json, ModelHistory history) throws IOException {
    MetricsReport latest = history.latest();
    MetricsReport window = history.latestWindow();
    json.writeStartObject();
    json.writeStringField("name", history.model());
    json.writeNumberField("partition", latest.getInput().getPartition());
    json.writeNumberField("images", history.seen());
    json.writeNumberField("version", latest.getModelVersion());
    json.writeNumberField("time", history.latestTime());
    json.writeBooleanField("diverged", latest.getDiverged());
    json.writeBooleanField("paused", latest.getPaused());
    if (window != null) {
      json.writeNumberField("accuracy", window.getWindow().getAccuracy());
    }
    json.writeEndObject();
  }

  /** The model with its curve from this point on. */
  static void whole(JsonGenerator json, ModelHistory history, int from) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", history.model());
    json.writeNumberField("thinned", history.curve().thinned());
    json.writeNumberField("from", from);
    points(json, history.curve().from(from));
    marks(json, history.marks());
    report(json, history);
    json.writeEndObject();
  }

  private static void points(JsonGenerator json, List<Point> points) throws IOException {
    json.writeArrayFieldStart("points");
    for (Point point : points) {
      json.writeStartArray();
      json.writeNumber(point.end());
      json.writeNumber(point.time());
      json.writeNumber(rounded(point.accuracy()));
      json.writeNumber(rounded(point.meanLoss()));
      json.writeNumber(point.images());
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private static void marks(JsonGenerator json, List<Mark> marks) throws IOException {
    json.writeArrayFieldStart("marks");
    for (Mark mark : marks) {
      json.writeStartObject();
      json.writeStringField("kind", mark.kind());
      json.writeNumberField("at", mark.at());
      json.writeNumberField("time", mark.time());
      json.writeNumberField("version", mark.version());
      json.writeNumberField("count", mark.count());
      json.writeStringField("text", mark.text());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void report(JsonGenerator json, ModelHistory history) throws IOException {
    MetricsReport latest = history.latest();
    json.writeNumberField("version", latest.getModelVersion());
    json.writeNumberField("partition", latest.getInput().getPartition());
    json.writeNumberField("offset", latest.getInput().getOffset());
    json.writeNumberField("time", history.latestTime());
    json.writeNumberField("seen", history.seen());
    json.writeNumberField("learned", latest.getImagesLearned());
    json.writeNumberField("gradientNorm", latest.getGradientNorm());
    json.writeNumberField("weightNorm", latest.getWeightNorm());
    json.writeNumberField("learningRate", latest.getLearningRate());
    json.writeNumberField("skipped", latest.getUpdatesSkipped());
    json.writeBooleanField("diverged", latest.getDiverged());
    json.writeBooleanField("paused", latest.getPaused());
    score(json, "lifetime", latest.getLifetime());
    MetricsReport window = history.latestWindow();
    if (window != null) {
      score(json, "window", window.getWindow());
    }
  }

  private static void score(JsonGenerator json, String name, Score score) throws IOException {
    int classes = score.getRecallByClassCount();
    json.writeObjectFieldStart(name);
    json.writeNumberField("images", score.getImages());
    json.writeNumberField("accuracy", score.getAccuracy());
    json.writeNumberField("loss", score.getMeanLoss());
    json.writeNumberField("classes", classes);
    if (classes <= MAX_CLASSES) {
      json.writeArrayFieldStart("confusion");
      for (long images : score.getConfusionList()) {
        json.writeNumber(images);
      }
      json.writeEndArray();
    }
    json.writeArrayFieldStart("recall");
    for (double recall : score.getRecallByClassList()) {
      json.writeNumber(rounded(recall));
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Finer than a screen, and short. */
  private static double rounded(double value) {
    return Double.isFinite(value) ? Math.round(value * 1e5) / 1e5 : value;
  }

  static void misread(JsonGenerator json, Misread image) throws IOException {
    json.writeStartObject();
    json.writeNumberField("number", image.number());
    json.writeNumberField("partition", image.partition());
    json.writeNumberField("offset", image.offset());
    json.writeNumberField("image", image.image());
    json.writeNumberField("label", image.label());
    json.writeNumberField("predicted", image.predicted());
    json.writeNumberField("confidence", rounded(image.confidence()));
    json.writeNumberField("height", image.height());
    json.writeNumberField("width", image.width());
    json.writeBinaryField("pixels", image.pixels().toByteArray());
    json.writeEndObject();
  }
}
