package io.streamgrad.page;

import io.streamgrad.metrics.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** All that pages are told, as events of what is new to one of them. Thread-safe. */
final class PageData {
  private final String application;
  private final Supplier<Instance> instance;
  private final Supplier<Figures> figures;
  private final Supplier<String> trouble;
  private final Histories histories;
  private final MisreadImages misread;

  /**
   * What a page has been told of a model.
   *
   * @param revision of its history
   * @param thinned as its curve was
   * @param points of its curve
   * @param misread the number of the latest image
   */
  record Told(long revision, int thinned, int points, long misread) {
    static final Told NOTHING = new Told(0, 0, 0, 0);
  }

  /**
   * From these sources.
   *
   * @param trouble why the topics can't be read; empty if they can
   */
  PageData(
      String application,
      Supplier<Instance> instance,
      Supplier<Figures> figures,
      Supplier<String> trouble,
      Histories histories,
      MisreadImages misread) {
    this.application = application;
    this.instance = instance;
    this.figures = figures;
    this.trouble = trouble;
    this.histories = histories;
    this.misread = misread;
  }

  /** How the instance is. */
  void addService(Events events) {
    events.add(
        "service",
        json -> {
          json.writeStartObject();
          json.writeNumberField("time", System.currentTimeMillis());
          json.writeStringField("application", application);
          json.writeStringField("trouble", trouble.get());
          FiguresJson.instance(json, instance.get());
          FiguresJson.figures(json, figures.get());
          json.writeEndObject();
        });
  }

  /**
   * The models that there are, if one of them has reported.
   *
   * @param told the revision that was told last
   * @return the one that is told now
   */
  long addList(Events events, long told) {
    synchronized (histories) {
      if (histories.revision() != told) {
        events.add(
            "models",
            json -> {
              json.writeStartObject();
              json.writeNumberField("left", histories.left());
              json.writeArrayFieldStart("models");
              for (ModelHistory history : histories.all()) {
                ModelJson.row(json, history);
              }
              json.writeEndArray();
              json.writeEndObject();
            });
      }
      return histories.revision();
    }
  }

  /** The model that has reported last. */
  Optional<String> latestModel() {
    synchronized (histories) {
      List<ModelHistory> all = new ArrayList<>(histories.all());
      return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1).model());
    }
  }

  /** What is new of a model; returns what is told then. */
  Told addModel(Events events, String model, Told told) {
    long number = addMisread(events, model, told.misread());
    synchronized (histories) {
      ModelHistory history = histories.find(model);
      if (history == null || history.revision() == told.revision()) {
        return new Told(told.revision(), told.thinned(), told.points(), number);
      }
      Curve curve = history.curve();
      // The last point that was told may have grown.
      boolean goesOn = curve.thinned() == told.thinned() && told.points() <= curve.size();
      int from = goesOn ? Math.max(0, told.points() - 1) : 0;
      events.add("model", json -> ModelJson.whole(json, history, from));
      return new Told(history.revision(), curve.thinned(), curve.size(), number);
    }
  }

  private long addMisread(Events events, String model, long told) {
    List<Misread> images = misread.of(model);
    long latest = images.isEmpty() ? 0 : images.get(0).number();
    if (latest != told) {
      events.add(
          "misread",
          json -> {
            json.writeStartObject();
            json.writeStringField("model", model);
            json.writeArrayFieldStart("images");
            for (Misread image : images) {
              ModelJson.misread(json, image);
            }
            json.writeEndArray();
            json.writeEndObject();
          });
    }
    return latest;
  }
}
