package io.streamgrad.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/**
 * Every meter of Streamgrad's own: the name as Prometheus shows it, its unit, its labels and its
 * help. Dashboards and alerts are held against this list. Every label has a bound: one of so many
 * models as metrics.models says, a class of so many of these as metrics.detailed-models says, of at
 * most {@value ModelMeters#MAX_CLASSES} classes each, one of the dead-letter reasons that the
 * service was started with, or a partition of the input. What is about all models has no label.
 */
public enum Meters {
  READY(
      Kind.GAUGE,
      "streamgrad_ready",
      "",
      "1 while the stream runs, with its weights restored and a Kafka that answers; else 0."),
  BEHIND(
      Kind.GAUGE,
      "streamgrad_behind_records",
      "records",
      "Records that stored weights lack: a restart or takeover learns as many again."),
  LAG(
      Kind.GAUGE,
      "streamgrad_lag_records",
      "records",
      "Records of an input partition of this instance that are not committed yet, those behind an"
          + " open transaction included.",
      "topic",
      "partition"),
  MODELS(Kind.GAUGE, "streamgrad_models", "models", "Models that this instance has."),
  MODELS_DIVERGED(
      Kind.GAUGE,
      "streamgrad_diverged_models",
      "models",
      "Models of this instance that diverged, with series of their own or without."),
  MODELS_WITHOUT_SERIES(
      Kind.GAUGE,
      "streamgrad_models_without_series",
      "",
      "Models of this instance beyond metrics.models: they are in the sums only."),
  ALL_IMAGES(
      Kind.COUNTER,
      "streamgrad_all_images_total",
      "images",
      "Labeled images that were predicted and scored since this instance started, by all models"
          + " but followers."),
  ALL_IMAGES_CORRECT(
      Kind.COUNTER,
      "streamgrad_all_correct_images_total",
      "images",
      "Labeled images that were predicted right since this instance started, by all models but"
          + " followers."),
  ALL_BATCHES(
      Kind.COUNTER,
      "streamgrad_all_batches_total",
      "batches",
      "Labeled batches that were predicted and scored since this instance started, by all models"
          + " but followers."),
  ALL_IMAGES_LEARNED(
      Kind.COUNTER,
      "streamgrad_all_learned_images_total",
      "images",
      "Images that were learned from since this instance started, by all models but followers:"
          + " its rate() is the images per second."),
  ALL_BATCHES_LEARNED(
      Kind.COUNTER,
      "streamgrad_all_learned_batches_total",
      "batches",
      "Updates applied to all models but followers since this instance started."),
  ALL_UPDATES_SKIPPED(
      Kind.COUNTER,
      "streamgrad_all_updates_skipped_total",
      "",
      "Updates of all models, skipped since this instance started."),
  ALL_DRIFTS(
      Kind.COUNTER,
      "streamgrad_all_drifts_total",
      "",
      "Times that a model was found to err more than it did, since this instance started."),
  TAKEOVERS(
      Kind.COUNTER,
      "streamgrad_takeovers_total",
      "",
      "Times that other weights have taken the place of what predicted, after a model was found to"
          + " err more, since this instance started: its average that began anew, or a challenger.",
      "response"),
  DRIFTS(
      Kind.COUNTER,
      "streamgrad_drifts_total",
      "",
      "Times that the model was found to err more than it did, since this instance started.",
      "model"),
  ALL_PREDICTED_IMAGES(
      Kind.COUNTER,
      "streamgrad_all_predicted_images_total",
      "images",
      "Images without labels that were predicted and not learned from since this instance"
          + " started, by all models but followers."),
  PENDING_IMAGES(
      Kind.GAUGE,
      "streamgrad_pending_images",
      "images",
      "Images of all models that wait for their labels; only where topics.labels is set, as the"
          + " next three."),
  PENDING_OLDEST(
      Kind.GAUGE,
      "streamgrad_pending_oldest_seconds",
      "seconds",
      "For how long the oldest of these waits, by the records' time stamps."),
  LABEL_RECORDS(
      Kind.COUNTER,
      "streamgrad_label_records_total",
      "records",
      "Records of the labels topic since this instance started, by what came of them.",
      "outcome"),
  EXPIRED_IMAGES(
      Kind.COUNTER,
      "streamgrad_expired_images_total",
      "images",
      "Images that are no longer waited for since this instance started: of labels that did not"
          + " come in time (age), or not before too many others (number).",
      "reason"),
  COMMANDS(
      Kind.COUNTER,
      "streamgrad_commands_total",
      "",
      "Records of the commands topic since this instance started, by what came of them: done or"
          + " refused.",
      "outcome"),
  PAUSED_MODELS(
      Kind.GAUGE,
      "streamgrad_paused_models",
      "models",
      "Models that are paused by command, and learn nothing."),
  ACCURACY(
      Kind.GAUGE,
      "streamgrad_accuracy_ratio",
      "ratio",
      "Share of the last report's images predicted right before they were learned from.",
      "model"),
  LOSS(
      Kind.GAUGE,
      "streamgrad_loss_nats",
      "nats",
      "Mean cross-entropy of the last report's images, before they were learned from.",
      "model"),
  LIFETIME_ACCURACY(
      Kind.GAUGE,
      "streamgrad_lifetime_accuracy_ratio",
      "ratio",
      "Share of all the model's labeled images that were predicted right on arrival.",
      "model"),
  IMAGES(
      Kind.COUNTER,
      "streamgrad_images_total",
      "images",
      "Labeled images predicted and scored over the model's lifetime; goes on after a restart.",
      "model"),
  BATCHES(
      Kind.COUNTER,
      "streamgrad_batches_total",
      "batches",
      "Labeled batches predicted and scored over the model's lifetime; goes on after a restart.",
      "model"),
  IMAGES_LEARNED(
      Kind.COUNTER,
      "streamgrad_learned_images_total",
      "images",
      "Images of the updates applied over the model's lifetime; goes on after a restart. Its rate()"
          + " is the model's images per second.",
      "model"),
  BATCHES_LEARNED(
      Kind.COUNTER,
      "streamgrad_learned_batches_total",
      "batches",
      "Updates applied over the model's lifetime; goes on after a restart.",
      "model"),
  CLASS_RECALL(
      Kind.GAUGE,
      "streamgrad_class_recall_ratio",
      "ratio",
      "Of the last report's images of the class, the share predicted as it; 0 without any.",
      "model",
      "class"),
  CLASS_PRECISION(
      Kind.GAUGE,
      "streamgrad_class_precision_ratio",
      "ratio",
      "Of the last report's images predicted as the class, the share of it; 0 without any.",
      "model",
      "class"),
  CONFUSION(
      Kind.GAUGE,
      "streamgrad_confusion_images",
      "images",
      "Images of the last report by their label and the class predicted.",
      "model",
      "label",
      "predicted"),
  GRADIENT_NORM(
      Kind.GAUGE,
      "streamgrad_gradient_norm",
      "",
      "Euclidean norm of the last update's gradient, at the last report.",
      "model"),
  WEIGHT_NORM(
      Kind.GAUGE,
      "streamgrad_weight_norm",
      "",
      "Euclidean norm of all weights and biases, at the last report.",
      "model"),
  LEARNING_RATE(
      Kind.GAUGE,
      "streamgrad_learning_rate",
      "",
      "Step size of the last update, at the last report.",
      "model"),
  MODEL_VERSION(
      Kind.GAUGE,
      "streamgrad_model_version",
      "",
      "Updates applied to the model's weights; goes back when it diverges.",
      "model"),
  UPDATES_SKIPPED(
      Kind.COUNTER,
      "streamgrad_updates_skipped_total",
      "",
      "Updates skipped because probabilities, loss, gradient or new weights were not finite.",
      "model"),
  MODEL_DIVERGED(
      Kind.GAUGE,
      "streamgrad_model_diverged",
      "",
      "1 when the model diverged: back at its last good weights, it learns no more. Else 0.",
      "model"),
  PREDICTED_IMAGES(
      Kind.COUNTER,
      "streamgrad_predicted_images_total",
      "images",
      "Images without labels, predicted and not learned from, since this instance had the model.",
      "model"),
  DEAD_LETTERS(
      Kind.COUNTER,
      "streamgrad_dead_letters_total",
      "",
      "Records sent to the dead-letter topic since this instance started.",
      "reason"),
  INFERENCES(
      Kind.COUNTER,
      "streamgrad_inferences_total",
      "",
      "Requests to predict, by HTTP and by the status of their answers, since this instance"
          + " started.",
      "status"),
  INFERENCE(
      Kind.HISTOGRAM,
      "streamgrad_inference_seconds",
      "seconds",
      "Time from the headers of a request to predict to its answer, before that is sent."),
  STEP(
      Kind.HISTOGRAM,
      "streamgrad_step_seconds",
      "seconds",
      "Time to predict, score and learn from one batch."),
  INPUT_TO_PREDICTION(
      Kind.HISTOGRAM,
      "streamgrad_input_to_prediction_seconds",
      "seconds",
      "From a record's time stamp to the moment its prediction is handed to the producer; not where"
          + " they are more than a day apart.");

  /** What a meter is to Prometheus. */
  public enum Kind {
    /** Goes up and down. */
    GAUGE,
    /** Goes up only. */
    COUNTER,
    /** Counts of durations by bucket, with a {@code _max} gauge over the last minutes. */
    HISTOGRAM
  }

  private final Kind kind;
  private final String id;
  private final String unit;
  private final String help;

  @SuppressWarnings("ImmutableEnumChecker") // List.of: can't be changed
  private final List<String> labels;

  Meters(Kind kind, String id, String unit, String help, String... labels) {
    this.kind = kind;
    this.id = id;
    this.unit = unit;
    this.help = help;
    this.labels = List.of(labels);
  }

  public Kind kind() {
    return kind;
  }

  /** The name as Prometheus shows it; of a histogram, the name that its series begin with. */
  public String id() {
    return id;
  }

  /** The unit, which is part of the name; empty for pure numbers and for events. */
  public String unit() {
    return unit;
  }

  /** One sentence for the scrape's HELP line. */
  public String help() {
    return help;
  }

  /** The labels that every series has, besides a bucket's {@code le}. */
  public List<String> labels() {
    return labels;
  }

  /** The names of all series of this meter in a scrape. */
  public List<String> series() {
    return kind == Kind.HISTOGRAM
        ? List.of(id + "_bucket", id + "_count", id + "_sum", id + "_max")
        : List.of(id);
  }

  /** A counter of this name for one value of a label. */
  Counter counter(MeterRegistry registry, String label, String value) {
    return Counter.builder(id).description(help).tag(label, value).register(registry);
  }
}
