package io.streamgrad.streams.limits;

import com.google.protobuf.Message;
import io.streamgrad.config.OutputsConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.DriftSpec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OpenBatch;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Drift;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.v1.Score;
import io.streamgrad.v1.Takeover;
import io.streamgrad.wire.AppliedMessage;
import io.streamgrad.wire.CommandDecoder;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.DeadLetter;
import io.streamgrad.wire.ImageBatchDecoder;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.MessageSerializer;
import io.streamgrad.wire.ModelName;
import io.streamgrad.wire.RecordSize;
import io.streamgrad.wire.ReturnedHeaders;
import io.streamgrad.wire.SnapshotMessages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * What the records that the service writes may weigh at most, by its configuration. Messages are
 * written out with every field at its longest; what is repeated counts by its elements.
 */
public final class LargestOutputs {
  /** An element of a list in JSON, with what separates it from the next: a float is 15 long. */
  private static final int JSON_FLOAT = 16 + 1;

  /** A double is 24 long, and no more than 26 by the algorithm of JDKs before 19. */
  private static final int JSON_DOUBLE = 26 + 1;

  /** A count stands in quotes. */
  private static final int JSON_COUNT_MARKS = 3;

  /** By how much longer the length of a list's bytes may be written than that of one element. */
  private static final int LIST_LENGTH = 4;

  private final ServiceConfig config;
  private final boolean json;
  private final String name;
  private final InputPosition input;

  private LargestOutputs(ServiceConfig config) {
    this.config = config;
    json = config.outputs().format() == OutputsConfig.Format.JSON;
    // JSON writes each of these in six bytes.
    int nameBytes =
        Math.max(
            ModelName.MAX_BYTES, config.defaultModel().getBytes(StandardCharsets.UTF_8).length);
    name = "<".repeat(nameBytes);
    input =
        InputPositions.of(
            config.readTopics().stream().max(Comparator.comparingInt(String::length)).orElseThrow(),
            Integer.MAX_VALUE,
            Long.MAX_VALUE);
  }

  /**
   * Checks that all of them fit.
   *
   * @throws TopicsException naming each topic that takes less, both sizes, and the ways out
   */
  public static void check(ServiceConfig config, OutputLimits limits) {
    List<String> wrong = new ArrayList<>();
    for (Largest largest : of(config)) {
      TopicLimits.Limit limit = limits.size(largest.topic());
      if (limits.knows(largest.topic()) && largest.bytes() > limit.bytes()) {
        wrong.add(largest.message(limit));
      }
    }
    if (!wrong.isEmpty()) {
      throw new TopicsException(String.join("\n", wrong));
    }
  }

  /**
   * The largest record of a topic.
   *
   * @param bytes {@link RecordSize} of it, at most
   * @param what it is
   * @param otherwise how it could be smaller
   */
  record Largest(String topic, long bytes, String what, String otherwise) {
    String message(TopicLimits.Limit limit) {
      return "topic %s takes records of up to %d bytes (%s), and %s may have %d; raise %s%s"
          .formatted(
              topic, limit.bytes(), limit.setting(), what, bytes, limit.setting(), otherwise);
    }
  }

  /** Those of every topic that is written to. */
  static List<Largest> of(ServiceConfig config) {
    LargestOutputs largest = new LargestOutputs(config);
    Map<String, ModelSpec> models = new HashMap<>(config.models().byName());
    models.put("*", config.model());
    List<Largest> all = new ArrayList<>();
    models.forEach((model, settings) -> largest.add(model, settings, all));
    String letters = config.topics().deadLetters();
    all.add(
        new Largest(letters, DeadLetter.largest(largest.input.getTopic()), "a dead letter", ""));
    if (config.topics().hasApplied()) {
      long applied = Math.max(largest.appliedLabels(), largest.appliedCommand());
      all.add(
          new Largest(
              config.topics().applied(),
              record(largest.name.length(), applied + ReturnedHeaders.MAX_BYTES),
              "what came of labels or of a command",
              ""));
    }
    all.add(
        new Largest(
            ChangelogReader.topic(config.applicationId()),
            RecordSize.of(
                PartitionRecords.FIRST_EARLIER.bytes().length,
                new EarlierSettings(Uuid.ZERO_UUID.toString(), 0, LearningSettings.of(config))
                    .encode()
                    .length,
                new RecordHeaders()),
            "the record of the settings that models learn with",
            ", or give fewer models settings of their own"));
    return all;
  }

  private void add(String model, ModelSpec settings, List<Largest> all) {
    TopicsConfig topics = config.topics();
    String of = model.equals("*") ? "" : " of model \"" + model + "\"";
    String protobuf = json ? ", or set outputs.format: protobuf" : "";
    boolean probabilities = config.outputs().probabilities();
    all.add(
        new Largest(
            topics.predictions(),
            record(name.length(), prediction(settings) + ReturnedHeaders.MAX_BYTES),
            "a prediction%s for %d images in %d classes%s"
                .formatted(
                    of,
                    settings.maxBatchSize(),
                    settings.classes(),
                    probabilities ? ", with probabilities" : ""),
            ", lower model.max-batch-size"
                + (probabilities ? ", set outputs.probabilities: false" : "")
                + protobuf));
    all.add(
        new Largest(
            topics.metrics(),
            record(name.length(), report(settings)),
            "a report%s on %d classes".formatted(of, settings.classes()),
            protobuf));
    long state = state(settings);
    if (config.snapshots().enabled()) {
      all.add(
          new Largest(
              topics.snapshots(),
              record(name.length() + "/1/".length() + 10, snapshot(state)),
              "a piece of a snapshot" + of,
              ""));
    }
    all.add(
        new Largest(
            ChangelogReader.topic(config.applicationId()),
            RecordSize.of(
                ChangelogLayout.keyBytes(name.length()),
                ChangelogLayout.largestValue(state),
                new RecordHeaders()),
            "a piece of the weights" + of,
            ""));
  }

  /** A record of this many bytes, with the header that says how they are written. */
  private static long record(int key, long value) {
    Headers headers = new RecordHeaders();
    ContentType.PROTOBUF.mark(headers); // the longer one
    return RecordSize.of(key, 0, headers) + value + LIST_LENGTH;
  }

  private long prediction(ModelSpec model) {
    PredictionBatch one =
        PredictionBatch.newBuilder()
            .setModel(name)
            .setModelVersion(-1) // unsigned
            .setIncarnation(-1)
            .setInput(input)
            .setBatchId("<".repeat(ImageBatchDecoder.MAX_BATCH_ID_BYTES))
            .addClasses(model.classes() - 1)
            .addConfidences(-Float.MIN_NORMAL)
            .addProbabilities(-Float.MIN_NORMAL)
            .setScore(BatchScore.newBuilder().setCorrect(-1).setMeanLoss(-Double.MIN_NORMAL))
            .build();
    int number = json ? JSON_FLOAT : Float.BYTES;
    int label = model.classes() - 1;
    int image = (json ? Integer.toString(label).length() + 1 : label < 128 ? 1 : 2) + number;
    int probabilities = config.outputs().probabilities() ? model.classes() * number : 0;
    return size(one) + 3 * LIST_LENGTH + model.maxBatchSize() * ((long) image + probabilities);
  }

  private long appliedCommand() {
    String text = "<".repeat(CommandDecoder.MAX_BYTES);
    return size(
        Applied.newBuilder()
            .setModel(name)
            .setCommand(input)
            .setCommandId(text)
            .setCommandKind(Command.Kind.SNAPSHOT) // one of the longest
            .setImagesOffset(Long.MAX_VALUE)
            .setLabelsOffset(Long.MAX_VALUE)
            .setOutcome(Applied.Outcome.REFUSED)
            .setReason((json ? "<" : "\uffff").repeat(AppliedMessage.MAX_REASON + 3)) // shortened
            .setKeptAs(text)
            .setModelVersion(-1)
            .setIncarnation(-1)
            .build());
  }

  private long appliedLabels() {
    return size(
        Applied.newBuilder()
            .setModel(name)
            .setLabels(input)
            .setImagesOffset(Long.MAX_VALUE)
            .setOutcome(Applied.Outcome.IMAGES_DELETED) // the longest
            .setInput(input)
            .setBatchId("<".repeat(ImageBatchDecoder.MAX_BATCH_ID_BYTES))
            .setImages(-1)
            .setPredictedByVersion(-1)
            .setScore(BatchScore.newBuilder().setCorrect(-1).setMeanLoss(-Double.MIN_NORMAL))
            .setModelVersion(-1)
            .setIncarnation(-1)
            .setPredictedByIncarnation(-1)
            .build());
  }

  private long report(ModelSpec model) {
    Score.Builder score =
        Score.newBuilder()
            .setImages(-1)
            .setBatches(-1)
            .setCorrect(-1)
            .setAccuracy(-Double.MIN_NORMAL)
            .setMeanLoss(-Double.MIN_NORMAL)
            .addConfusion(-1)
            .addPrecisionByClass(-Double.MIN_NORMAL)
            .addRecallByClass(-Double.MIN_NORMAL);
    MetricsReport one =
        MetricsReport.newBuilder()
            .setModel(name)
            .setModelVersion(-1)
            .setReason(MetricsReport.Reason.REASON_UPDATE_SKIPPED) // the longest
            .setInput(input)
            .setWindow(score)
            .setLifetime(score)
            .setImagesPerSecond(-Double.MIN_NORMAL)
            .setGradientNorm(-Double.MIN_NORMAL)
            .setWeightNorm(-Double.MIN_NORMAL)
            .setLearningRate(-Double.MIN_NORMAL)
            .setUpdatesSkipped(-1)
            .setImagesLearned(-1)
            .setBatchesLearned(-1)
            .setDiverged(true)
            .setDrift(
                Drift.newBuilder()
                    .setDetector(Drift.Detector.DETECTOR_TWO_AVERAGES) // the longest
                    .setImagesBefore(-1)
                    .setErrorBefore(-Double.MIN_NORMAL)
                    .setImagesSince(-1)
                    .setErrorSince(-Double.MIN_NORMAL)
                    .setImagesForgotten(-1)
                    .setAverageRestarted(true)
                    .setRateBoosted(true)
                    .setChallengerBegun(true)
                    .setChallengerFromArchive(true))
            .setTakeover(Takeover.newBuilder().setImages(-1).setErrors(-1).setChallengerErrors(-1))
            .setIncarnation(-1)
            .setPaused(true)
            .build();
    long shares = 2L * model.classes() * (json ? JSON_DOUBLE : Double.BYTES);
    return size(one) + 2 * (4 * LIST_LENGTH + counts(model.classes()) + shares);
  }

  /**
   * A confusion matrix. Its counts add up to that of the images, so that not all are at their
   * longest: no more than {@code images / base^(d - 1)} have d digits or more.
   */
  private long counts(int classes) {
    long cells = (long) classes * classes;
    int base = json ? 10 : 128;
    long length = cells * (1 + (json ? JSON_COUNT_MARKS : 0)); // a zero has one digit
    for (long most = Long.MAX_VALUE / base; most > 0; most /= base) {
      length += Math.min(cells, most);
    }
    return length;
  }

  private long snapshot(long state) {
    ModelSnapshot empty =
        ModelSnapshot.newBuilder()
            .setModel(name)
            .setModelVersion(-1)
            .setInput(input)
            .setWeightsSha256("0".repeat(64))
            .setPiece(-1)
            .setPieces(-1)
            .setIncarnation(-1)
            .build();
    long tagAndLength = 1 + 5;
    return (long) empty.getSerializedSize()
        + tagAndLength
        + Math.min(state, SnapshotMessages.MAX_PIECE_BYTES);
  }

  /** The bytes of a model's state; of one that goes out in pieces anyway, of its weights alone. */
  private long state(ModelSpec model) {
    long weights = Float.BYTES * model.parameters();
    boolean competes = model.drift().response() == DriftSpec.Response.CHALLENGER;
    if (config.topics().hasApplied() || model.replay().images() > 0 || competes) {
      return Integer.MAX_VALUE; // with what waits for labels, is replayed, competes, was commanded
    }
    if (weights > SnapshotMessages.MAX_PIECE_BYTES) {
      return weights;
    }
    ModelState largest = ModelState.initial(model.largest());
    if (model.batchSize() > 1) {
      int waiting = model.batchSize() - 1;
      byte[] pixels = new byte[waiting * model.inputs()];
      largest.keepOpen(new OpenBatch(MiniBatch.of(model.inputs(), pixels, new byte[waiting]), 0));
    }
    return ModelCodec.size(new ModelEntry(largest, Lineage.NONE));
  }

  private int size(Message message) {
    ContentType type = json ? ContentType.JSON : ContentType.PROTOBUF;
    return new MessageSerializer<>(type).serialize("", message).length;
  }
}
