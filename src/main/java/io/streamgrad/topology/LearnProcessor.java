package io.streamgrad.topology;

import io.streamgrad.config.ModelConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.MiniBatch;
import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.ModelStatus;
import io.streamgrad.learner.Prediction;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.Lineage;
import io.streamgrad.store.StoredModel;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.DecodedBatch;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Predicts a batch, scores it, learns from it, and says so: the learner, fed by the stream. */
class LearnProcessor extends ContextualProcessor<String, DecodedBatch, String, Object> {
  private final ServiceConfig config;
  private final ServiceMetrics metrics;
  private final Map<ModelConfig, Learner> learners = new HashMap<>();
  private final Set<String> models = new HashSet<>();
  private WeightsStore weights;

  @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before all else
  LearnProcessor(ServiceConfig config, ServiceMetrics metrics) {
    this.config = config;
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    weights = context.getStateStore(Nodes.WEIGHTS);
    // Here and not at the first batch: a service that can't go on says so when it starts.
    for (String name : weights.names()) {
      model(name);
    }
  }

  @Override
  public void process(Record<String, DecodedBatch> record) {
    long start = System.nanoTime();
    String name = record.key();
    MiniBatch batch = record.value().batch();
    RecordMetadata metadata = context().recordMetadata().orElseThrow();
    InputPosition input = Messages.position(metadata);
    StoredModel model = model(name);
    Learner learner = learners.computeIfAbsent(config.model(name), Learner::new);

    Prediction prediction = predict(learner, model.state(), batch);
    forward(
        record,
        Nodes.PREDICTIONS,
        Messages.prediction(
            name,
            input,
            record.value().batchId(),
            batch,
            prediction,
            config.outputs().probabilities()));
    if (batch.labeled()) {
      Learner.Outcome outcome = learn(learner, model.state(), batch, prediction);
      ReportWindow window = report(record, model, learner, outcome, input);
      StoredModel learned =
          new StoredModel(
              model.state(), new Lineage(metadata.partition(), metadata.offset(), window.start()));
      weights.put(name, learned);
      if (outcome == Learner.Outcome.UPDATED && config.snapshots().due(learned.state().version())) {
        snapshot(record, learned, input);
      }
    } else {
      metrics.predictedUnlabeled(name, batch.images());
    }
    metrics.predictedAfter(context().currentSystemTimeMs() - record.timestamp());
    metrics.stepped(System.nanoTime() - start);
  }

  // The three steps that tests break, to see that the oracle notices.

  Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
    return learner.predict(state, batch);
  }

  Learner.Outcome learn(Learner learner, ModelState state, MiniBatch batch, Prediction prediction) {
    return learner.learn(state, batch, prediction);
  }

  @Nullable StoredModel stored(String name) {
    return weights.get(name);
  }

  /** The model as it is stored, or a new one. */
  private StoredModel model(String name) {
    models.add(name);
    StoredModel stored = stored(name);
    if (stored == null) {
      return new StoredModel(ModelState.initial(config.model(name)), Lineage.NONE);
    }
    String mismatch = stored.state().mismatch(config.model(name));
    if (mismatch != null) {
      throw new ModelMismatchException(name, mismatch);
    }
    return stored;
  }

  /** Sends a report where one is due; returns the window that the next batch falls into. */
  private ReportWindow report(
      Record<String, DecodedBatch> record,
      StoredModel model,
      Learner learner,
      Learner.Outcome outcome,
      InputPosition input) {
    ModelState state = model.state();
    ReportWindow window =
        ReportWindow.of(model.lineage().windowStart(), record.timestamp(), state.window().images());
    MetricsReport.Reason due = window.due(outcome, config.reports());
    if (due != MetricsReport.Reason.REASON_UNSPECIFIED) {
      ModelStatus status = learner.status(record.key(), state, window.imagesPerSecond());
      metrics.report(status);
      forward(record, Nodes.METRICS, Messages.report(status, due, input));
    }
    if (ReportWindow.endsWith(due)) {
      state.startWindow();
      return window.next();
    }
    return window;
  }

  /** Publishes the whole state, in the transaction of the batch that led to it. */
  private void snapshot(
      Record<String, DecodedBatch> record, StoredModel model, InputPosition input) {
    long number = model.state().version() / config.snapshots().everyUpdates();
    Snapshots.of(record.key(), model, input, number)
        .forEach(
            (key, piece) ->
                context().forward(new Record<>(key, piece, record.timestamp()), Nodes.SNAPSHOTS));
  }

  private void forward(Record<String, DecodedBatch> record, String child, Object message) {
    context().forward(new Record<>(record.key(), message, record.timestamp()), child);
  }

  @Override
  public void close() {
    models.forEach(metrics::removeModel);
    models.clear();
  }
}
