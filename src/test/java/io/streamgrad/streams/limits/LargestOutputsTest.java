package io.streamgrad.streams.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
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
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.MessageSerializer;
import io.streamgrad.wire.RecordSize;
import io.streamgrad.wire.ReturnedHeaders;
import io.streamgrad.wire.SnapshotMessages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No message is larger than what is known of it before; and none is refused for nothing. */
class LargestOutputsTest {
  private static final List<String> CHARACTERS =
      List.of("a", "<", "\u0001", "\"", "\u00e9", "\u2028", "\ud83d\ude00");
  private static final double[] DOUBLES = {
    0, -1, 1e300, -Double.MIN_NORMAL, Double.MIN_VALUE, 2e-3, Double.NaN, Double.NEGATIVE_INFINITY
  };

  private final Random random = new Random(18);

  @Test
  void settingsOfTooManyModelsAreRefusedWithTheirSize() {
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 30_000; i++) {
      many.put("models.sensor-with-a-name-" + i, "{seed: " + i + "}");
    }
    ServiceConfig config = ConfigLoader.load(null, Map.of(), many);
    assertThatThrownBy(() -> LargestOutputs.check(config, OutputLimits.DEFAULTS))
        .isInstanceOf(TopicsException.class)
        .hasMessageContaining("streamgrad-weights-changelog takes records of up to")
        .hasMessageContaining("the record of the settings that models learn with may have")
        .hasMessageContaining("or give fewer models settings of their own");
  }

  @ParameterizedTest
  @CsvSource({
    "protobuf, false, 2, 1",
    "protobuf, true, 2, 40",
    "protobuf, true, 129, 300",
    "protobuf, false, 256, 5000",
    "json, false, 10, 1000",
    "json, true, 11, 3",
    "json, true, 100, 200",
    "json, false, 256, 1",
  })
  void noPredictionIsLarger(String format, boolean probabilities, int classes, int images) {
    ServiceConfig config =
        config(
            Map.of(
                "outputs.format",
                format,
                "outputs.probabilities",
                Boolean.toString(probabilities),
                "model.layers",
                "[4, " + classes + "]",
                "model.max-batch-size",
                Integer.toString(images)));
    long bound = bound(config, config.topics().predictions());
    long largest = 0;
    for (int i = 0; i < 30; i++) {
      largest = Math.max(largest, size(config, prediction(config.model(), probabilities)));
    }
    assertThat(largest).isLessThanOrEqualTo(bound).isGreaterThan(bound / 2);
  }

  private PredictionBatch prediction(ModelSpec model, boolean probabilities) {
    PredictionBatch.Builder message =
        PredictionBatch.newBuilder()
            .setModel(text(249, "<"))
            .setModelVersion(random.nextLong())
            .setInput(input())
            .setBatchId(text(1024, CHARACTERS.get(random.nextInt(CHARACTERS.size()))))
            .setIncarnation(random.nextLong())
            .setScore(BatchScore.newBuilder().setCorrect(random.nextInt()).setMeanLoss(number()));
    for (int i = 0; i < model.maxBatchSize(); i++) {
      message.addClasses(model.classes() - 1 - (random.nextInt(4) == 0 ? 1 : 0));
      message.addConfidences(Float.intBitsToFloat(random.nextInt()));
      for (int c = 0; probabilities && c < model.classes(); c++) {
        message.addProbabilities(Float.intBitsToFloat(random.nextInt()));
      }
    }
    return message.build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"protobuf", "json"})
  void nothingThatComesOfLabelsIsLarger(String format) {
    ServiceConfig config =
        config(Map.of("outputs.format", format, "topics.labels", "streamgrad.labels"));
    Applied applied =
        Applied.newBuilder()
            .setModel(text(249, "<"))
            .setLabels(input())
            .setImagesOffset(Long.MAX_VALUE)
            .setOutcome(Applied.Outcome.IMAGES_DELETED)
            .setInput(input())
            .setBatchId(text(1024, "<"))
            .setImages(65536)
            .setPredictedByVersion(-1)
            .setScore(BatchScore.newBuilder().setCorrect(65536).setMeanLoss(-Double.MIN_NORMAL))
            .setModelVersion(-1)
            .setIncarnation(-1)
            .setPredictedByIncarnation(-1)
            .build();
    long bound = bound(config, config.topics().applied());
    assertThat(size(config, applied)).isLessThanOrEqualTo(bound).isGreaterThan(bound / 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"protobuf", "json"})
  void nothingThatComesOfACommandIsLarger(String format) {
    ServiceConfig config =
        config(Map.of("outputs.format", format, "topics.commands", "streamgrad.commands"));
    Applied applied =
        Applied.newBuilder()
            .setModel(text(249, "<"))
            .setCommand(input())
            .setCommandId(text(64, "<"))
            .setCommandKind(Command.Kind.ROLLBACK)
            .setImagesOffset(Long.MAX_VALUE)
            .setLabelsOffset(Long.MAX_VALUE)
            .setOutcome(Applied.Outcome.REFUSED)
            .setReason(text(1003, "<"))
            .setKeptAs("before-" + Long.MAX_VALUE)
            .setModelVersion(-1)
            .setIncarnation(-1)
            .build();
    long bound = bound(config, config.topics().applied());
    assertThat(size(config, applied)).isLessThanOrEqualTo(bound).isGreaterThan(bound / 2);
  }

  @ParameterizedTest
  @CsvSource({"protobuf, 2", "protobuf, 10", "protobuf, 256", "json, 3", "json, 10", "json, 256"})
  void noReportIsLarger(String format, int classes) {
    ServiceConfig config =
        config(Map.of("outputs.format", format, "model.layers", "[4, " + classes + "]"));
    long bound = bound(config, config.topics().metrics());
    long largest = 0;
    for (int i = 0; i < 10; i++) {
      largest = Math.max(largest, size(config, report(classes)));
    }
    assertThat(largest).isLessThanOrEqualTo(bound).isGreaterThan(bound / 2);
  }

  /** A field that is added is added here, and in what the bounds are of. */
  @Test
  void everyFieldIsWeighed() {
    assertThat(prediction(config(Map.of()).model(), true).getAllFields().keySet())
        .hasSameElementsAs(PredictionBatch.getDescriptor().getFields());

    List<FieldDescriptor> ofReports = new ArrayList<>(MetricsReport.getDescriptor().getFields());
    ofReports.removeIf(field -> field.getName().equals("adoption")); // not the service's
    assertThat(report(10).getAllFields().keySet()).hasSameElementsAs(ofReports);
  }

  private MetricsReport report(int classes) {
    return MetricsReport.newBuilder()
        .setModel(text(249, "<"))
        .setModelVersion(random.nextLong())
        .setReason(MetricsReport.Reason.forNumber(1 + random.nextInt(7)))
        .setInput(input())
        .setWindow(score(classes))
        .setLifetime(score(classes))
        .setImagesPerSecond(number())
        .setGradientNorm(number())
        .setWeightNorm(number())
        .setLearningRate(number())
        .setUpdatesSkipped(random.nextLong())
        .setImagesLearned(random.nextLong())
        .setBatchesLearned(random.nextLong())
        .setDiverged(true)
        .setDrift(
            Drift.newBuilder()
                .setDetector(Drift.Detector.forNumber(1 + random.nextInt(3)))
                .setImagesBefore(random.nextLong())
                .setErrorBefore(number())
                .setImagesSince(random.nextLong())
                .setErrorSince(number())
                .setImagesForgotten(random.nextLong())
                .setAverageRestarted(true)
                .setRateBoosted(true)
                .setChallengerBegun(true)
                .setChallengerFromArchive(true))
        .setTakeover(
            Takeover.newBuilder()
                .setImages(random.nextLong())
                .setErrors(random.nextLong())
                .setChallengerErrors(random.nextLong()))
        .setIncarnation(random.nextLong())
        .setPaused(true)
        .build();
  }

  /** All the images that a long can count, spread over the cells. */
  private Score score(int classes) {
    Score.Builder score =
        Score.newBuilder()
            .setImages(Long.MAX_VALUE)
            .setBatches(random.nextLong())
            .setCorrect(random.nextLong())
            .setAccuracy(number())
            .setMeanLoss(number());
    long left = Long.MAX_VALUE;
    int cells = classes * classes;
    for (int i = 0; i < cells; i++) {
      long even = left / (cells - i);
      long count = random.nextBoolean() ? even : Long.highestOneBit(even);
      score.addConfusion(count);
      left -= count;
    }
    for (int c = 0; c < classes; c++) {
      score.addPrecisionByClass(number()).addRecallByClass(number());
    }
    return score.build();
  }

  @ParameterizedTest
  @CsvSource({
    "'[4, 5, 3]', sgd, unit, 0.999",
    "'[784, 10, 10]', adam, standardize, 0",
    "'[784, 10, 10]', sgd, center, 0.999",
    "'[784, 320, 10]', momentum, standardize, 0.5",
  })
  void noPieceOfASnapshotIsLarger(
      String layers, String optimizer, String scaling, String averaging) {
    ServiceConfig config =
        config(
            Map.of(
                "model.layers", layers,
                "model.optimizer.type", optimizer,
                "model.input-scaling", scaling,
                "model.averaging", averaging,
                "snapshots.every-updates", "1"));
    ModelEntry model = new ModelEntry(ModelState.initial(config.model()), Lineage.NONE);
    long bound = bound(config, config.topics().snapshots());

    Map<String, ModelSnapshot> pieces = SnapshotMessages.of("<".repeat(249), model, input(), 1);

    assertThat(pieces)
        .allSatisfy(
            (key, piece) ->
                assertThat(size(key, piece, ContentType.PROTOBUF)).isLessThanOrEqualTo(bound));
    assertThat(size("", pieces.values().iterator().next(), ContentType.PROTOBUF))
        .isGreaterThan(bound - 600);
  }

  @Test
  void theDefaultsFitKafkasDefaults() {
    assertThatCode(
            () ->
                LargestOutputs.check(
                    config(Map.of("snapshots.every-updates", "1")), OutputLimits.DEFAULTS))
        .doesNotThrowAnyException();
  }

  @Test
  void whatDoesNotFitIsRefusedWithBothSizesAndTheWaysOut() {
    ServiceConfig config =
        config(
            Map.of(
                "model.layers", "[4, 100]",
                "outputs.format", "json",
                "outputs.probabilities", "true"));

    assertThatThrownBy(() -> LargestOutputs.check(config, OutputLimits.DEFAULTS))
        .isInstanceOf(TopicsException.class)
        .hasMessageMatching(
            "topic streamgrad.predictions takes records of up to 1048576 bytes"
                + " \\(kafka.producer.max.request.size\\), and a prediction for 1024 images in 100"
                + " classes, with probabilities may have \\d{7}; raise"
                + " kafka.producer.max.request.size, lower model.max-batch-size, set"
                + " outputs.probabilities: false, or set outputs.format: protobuf");
  }

  private static ServiceConfig config(Map<String, String> settings) {
    return ConfigLoader.load(null, Map.of(), new HashMap<>(settings));
  }

  private static long bound(ServiceConfig config, String topic) {
    return LargestOutputs.of(config).stream()
        .filter(largest -> largest.topic().equals(topic))
        .mapToLong(LargestOutputs.Largest::bytes)
        .max()
        .orElseThrow();
  }

  private static long size(ServiceConfig config, Message message) {
    return size(
        "<".repeat(249),
        message,
        config.outputs().format() == io.streamgrad.config.OutputsConfig.Format.JSON
            ? ContentType.JSON
            : ContentType.PROTOBUF);
  }

  private static long size(String key, Message message, ContentType type) {
    Headers headers =
        message instanceof PredictionBatch || message instanceof Applied
            ? ReturnedHeaders.of(manyHeaders())
            : new RecordHeaders();
    byte[] value = new MessageSerializer<>(type).serialize("", headers, message);
    return RecordSize.of(key.getBytes(StandardCharsets.UTF_8), value, headers);
  }

  private static Headers manyHeaders() {
    Headers many = new RecordHeaders();
    for (int i = 0; i < ReturnedHeaders.MAX_BYTES; i++) {
      many.add("", i % 2 == 0 ? null : new byte[i % 90]);
    }
    return many;
  }

  private static InputPosition input() {
    return InputPosition.newBuilder()
        .setTopic("streamgrad.images")
        .setPartition(Integer.MAX_VALUE)
        .setOffset(Long.MAX_VALUE)
        .build();
  }

  private static String text(int bytes, String character) {
    return character.repeat(bytes / character.getBytes(StandardCharsets.UTF_8).length);
  }

  private double number() {
    int pick = random.nextInt(2 * DOUBLES.length);
    return pick < DOUBLES.length ? DOUBLES[pick] : Double.longBitsToDouble(random.nextLong());
  }
}
