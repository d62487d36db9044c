package io.streamgrad.bench;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ImageBatchDecoder;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.PredictionMessage;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Predicts, scores and learns from a batch, as the service does, without its reports and meters. A
 * bad record ends the job, and so does a batch without labels. Flink calls it on the thread of its
 * task.
 */
final class LearnFunction extends KeyedProcessFunction<String, ImagesRecord, PredictionBatch> {
  /** Batches that were learned from in this JVM; read by the thread that measures. */
  static final AtomicLong LEARNED = new AtomicLong();

  private static final long serialVersionUID = 1;

  private final HashMap<String, String> settings;

  // From open on:
  private transient ModelSpec spec;
  private transient Learner learner;
  private transient ValueState<ModelEntry> models; // that of the batch's model

  /**
   * A function that has yet to be sent to its task.
   *
   * @param settings the service's, by key
   */
  @SuppressWarnings("NullAway.Init") // open comes before all else
  LearnFunction(Map<String, String> settings) {
    this.settings = new HashMap<>(settings);
  }

  @Override
  public void open(OpenContext context) {
    ServiceConfig config = ConfigLoader.load(null, Map.of(), settings);
    spec = config.model();
    learner = new Learner(spec);
    models =
        getRuntimeContext()
            .getState(new ValueStateDescriptor<>("model", new ModelEntrySerializer()));
  }

  @Override
  public void processElement(ImagesRecord record, Context context, Collector<PredictionBatch> out)
      throws Exception {
    DecodedBatch decoded = ImageBatchDecoder.decode(new RecordHeaders(), record.value(), spec);
    MiniBatch batch = decoded.batch();
    ModelEntry stored = models.value();
    ModelState state = stored == null ? ModelState.initial(spec) : stored.state();

    Prediction prediction = learner.predict(state, batch);
    Evaluation evaluation = Evaluation.of(prediction, batch);
    out.collect(
        PredictionMessage.of(
            record.model(),
            0,
            InputPositions.of(record.topic(), record.partition(), record.offset()),
            decoded.batchId(),
            prediction,
            evaluation,
            false));

    state.count(batch, prediction, evaluation);
    UpdateOutcome outcome = learner.learn(state, batch, prediction, evaluation);
    state.remember(record.offset(), outcome, evaluation);
    models.update(new ModelEntry(state, new Lineage(record.partition(), record.offset(), -1)));
    LEARNED.incrementAndGet();
  }
}
