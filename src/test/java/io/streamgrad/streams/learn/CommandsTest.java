package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Moment;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.v1.Setting;
import io.streamgrad.wire.DeadLetterHeaders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What comes of commands, and when. */
class CommandsTest {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(30, 5);

  @TempDir private Path directory;
  private int ids;

  @Test
  void aPausedModelPredictsAndScoresAndLearnsNothing() {
    try (TopologyRun run = run(Map.of())) {
      send(run, 0, 3);
      String before = ModelCodec.weightsSha256(run.model("a"));
      run.send("a", command(Kind.PAUSE));
      send(run, 3, 6);

      assertThat(ModelCodec.weightsSha256(run.model("a"))).isEqualTo(before);
      assertThat(run.model("a").state().lifetime().batches()).isEqualTo(6);
      assertThat(run.predictions())
          .extracting(PredictionBatch::getModelVersion)
          .containsExactly(0L, 1L, 2L, 3L, 3L, 3L);
      assertThat(run.metrics().scrape()).contains("streamgrad_paused_models 1.0");

      run.send("a", command(Kind.RESUME));
      send(run, 6, 8);
      List<ImageBatch> learned = new ArrayList<>(BATCHES.subList(0, 3));
      learned.addAll(BATCHES.subList(6, 8));
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", learned));
    }
  }

  @Test
  void whatCameOfACommandSaysWhenItTookEffect() {
    try (TopologyRun run = run(Map.of("topics.labels", "streamgrad.labels"))) {
      send(run, 0, 3);
      run.send("a", labels(1), 0);
      Command pause = command(Kind.PAUSE);
      run.send("a", pause);

      Applied applied = run.applied().get(1);
      assertThat(applied.getOutcome()).isEqualTo(Outcome.DONE);
      assertThat(applied.getCommand().getTopic()).isEqualTo("streamgrad.commands");
      assertThat(applied.getCommand().getOffset()).isZero();
      assertThat(applied.getImagesOffset()).isEqualTo(3);
      assertThat(applied.getLabelsOffset()).isEqualTo(1);
      assertThat(applied.getModelVersion()).isEqualTo(3);
      assertThat(applied.getCommandId()).isEqualTo(pause.getId());
      assertThat(applied.getCommandKind()).isEqualTo(Kind.PAUSE);
    }
  }

  @Test
  void aResetBeginsAnewAsTheNextIncarnation() {
    try (TopologyRun run = run(Map.of())) {
      send(run, 0, 5);
      run.send("a", command(Kind.RESET));
      assertThat(run.model("a").state().version()).isZero();
      send(run, 5, 9);

      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES.subList(5, 9)));
      assertThat(run.model("a").state().lifetime().batches()).isEqualTo(4);
      assertThat(run.predictions())
          .extracting(PredictionBatch::getIncarnation)
          .containsExactly(0L, 0L, 0L, 0L, 0L, 1L, 1L, 1L, 1L);
      Applied applied = run.applied().get(0);
      assertThat(applied.getIncarnation()).isEqualTo(1);
      assertThat(run.weights().tagged().tags("a", true)).containsExactly(applied.getKeptAs());
    }
  }

  /** Another default changes no model that is there. */
  @Test
  void aResetKeepsTheScalingWhereNoneIsConfigured() {
    try (TopologyRun run = run(Map.of("model.input-scaling", "unit"));
        TopologyRun now = run(Map.of())) {
      send(run, 0, 2);
      now.weights().put("a", run.model("a"), new Moment(0, 0));
      now.send("a", command(Kind.RESET));

      assertThat(now.model("a").state().version()).isZero();
      assertThat(now.model("a").state().inputScaling()).isEqualTo(ModelSpec.InputScaling.UNIT);
    }
  }

  @Test
  void settingsWinOverTheConfigurationFromTheNextBatchOn() {
    try (TopologyRun run = run(Map.of());
        TopologyRun other = run(Map.of("model.learning-rate.initial", "0.5"))) {
      send(run, 0, 3);
      run.send("a", set("learning-rate.initial", "0.5"));
      send(run, 3, 4);
      ModelState state = run.model("a").state();
      assertThat(state.progress().learningRate).isEqualTo(0.5);

      run.send("a", command(Kind.RESET)); // what is set stays
      send(run, 4, 6);
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(other.config(), "a", BATCHES.subList(4, 6)));

      run.send("a", set("learning-rate.initial", "")); // the configuration's counts again
      send(run, 6, 7);
      assertThat(run.model("a").state().progress().learningRate).isEqualTo(0.1);
      assertThat(run.model("a").state().control().settings()).isEmpty();
    }
  }

  @Test
  void theAverageMayBeGivenUpAndBegunAgain() {
    try (TopologyRun run = run(Map.of())) {
      send(run, 0, 3);
      run.send("a", set("averaging", "0"));
      send(run, 3, 4);
      assertThat(run.model("a").state().average()).isNull();
      run.send("a", set("averaging", "0.9"));
      send(run, 4, 5);
      assertThat(run.model("a").state().average()).isNotNull();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "layers, '[4, 3]', 'layers: can''t be set by command; can be: averaging, '",
    "seed, 7, 'can''t be set by command'",
    "input-scaling, standardize, 'can''t be set by command'",
    "learning-rate, 7, 'can''t be set by command'",
    "learning-rate.initial, -1, 'learning-rate.initial: -1.0 is not allowed; must be 1e-30 to 1e6'",
    "learning-rate.initial, fast, 'must be a number'",
    "optimizer.type, adam, 'optimizer.type: adam keeps 2 moments'",
    "optimizer.type, best, 'must be sgd, momentum, nesterov, adam, adamw'",
    "optimizer.weight-decay, 20, 'below 1 / learning-rate.initial'"
  })
  void settingsThatAreNotAllowedAreRefusedWithWhatIs(String key, String value, String reason) {
    try (TopologyRun run = run(Map.of())) {
      send(run, 0, 3);
      String before = ModelCodec.stateSha256(run.model("a"));
      run.send("a", set(key, value));

      Applied applied = run.applied().get(0);
      assertThat(applied.getOutcome()).isEqualTo(Outcome.REFUSED);
      assertThat(applied.getReason()).contains(reason);
      assertThat(ModelCodec.stateSha256(run.model("a"))).isEqualTo(before);
      assertThat(run.metrics().scrape())
          .contains("streamgrad_commands_total{outcome=\"refused\"} 1.0");
    }
  }

  @Test
  void aRollbackGoesBackToWhatWasKeptAndKeepsWhatWasBefore() {
    try (TopologyRun run = run(Map.of())) {
      send(run, 0, 4);
      run.send("a", set("learning-rate.initial", "0.2"));
      run.send("a", tagged(Kind.SNAPSHOT, "good"));
      String good = ModelCodec.weightsSha256(run.model("a"));
      run.send("a", set("learning-rate.initial", "3"));
      send(run, 4, 8);
      String bad = ModelCodec.weightsSha256(run.model("a"));
      run.send("a", tagged(Kind.ROLLBACK, "good"));

      assertThat(ModelCodec.weightsSha256(run.model("a"))).isEqualTo(good);
      assertThat(run.model("a").state().version()).isEqualTo(4);
      assertThat(run.model("a").state().control().incarnation()).isEqualTo(1);
      assertThat(run.model("a").state().control().settings())
          .containsExactly(Map.entry("learning-rate.initial", "0.2"));

      String before = run.applied().get(3).getKeptAs();
      run.send("a", tagged(Kind.ROLLBACK, before)); // back again
      assertThat(ModelCodec.weightsSha256(run.model("a"))).isEqualTo(bad);
      assertThat(run.model("a").state().control().incarnation()).isEqualTo(2);
    }
  }

  @Test
  void aModelHasSoManySnapshotsAndOfThoseKeptByThemselvesTheLast() {
    try (TopologyRun run = run(Map.of())) {
      send(run, 0, 1);
      for (int i = 0; i < 17; i++) {
        run.send("a", tagged(Kind.SNAPSHOT, "tag-" + i));
      }
      for (int i = 0; i < 6; i++) {
        run.send("a", command(Kind.RESET));
      }
      List<Applied> applied = run.applied();
      assertThat(applied.get(15).getOutcome()).isEqualTo(Outcome.DONE);
      assertThat(applied.get(16).getReason())
          .contains("16 snapshots, as many as it may have: tag-0, tag-1");
      assertThat(run.weights().tagged().tags("a", false)).hasSize(16).startsWith("tag-0");
      assertThat(run.weights().tagged().tags("a", true))
          .containsExactly("before-19", "before-20", "before-21", "before-22");
    }
  }

  @Test
  void ofADeletedModelNothingIsLeftButThatItWas() {
    try (TopologyRun run = run(Map.of("topics.labels", "streamgrad.labels"))) {
      send(run, 0, 4);
      run.send("a", tagged(Kind.SNAPSHOT, "x"));
      run.send("a", command(Kind.DELETE));
      assertThat(run.weights().names()).isEmpty();
      assertThat(run.metrics().scrape()).doesNotContain("model=\"a\"");
      run.send("a", labels(1), 0);
      run.send("a", command(Kind.PAUSE));
      send(run, 4, 7);

      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.DONE, Outcome.DONE, Outcome.UNKNOWN_BATCH, Outcome.REFUSED);
      assertThat(run.weights().tagged().tags("a", false)).isEmpty();
      assertThat(run.model("a").state().control().incarnation()).isEqualTo(1);
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES.subList(4, 7)));
    }
  }

  @Test
  void aPausedModelScoresLabelsThatComeLaterAndLearnsNothing() {
    try (TopologyRun run = run(Map.of("topics.labels", "streamgrad.labels"))) {
      run.send("a", BATCHES.get(0).toBuilder().clearLabels().build());
      run.send("a", command(Kind.PAUSE));
      run.send("a", labels(0), 0);
      run.send("a", command(Kind.RESUME));
      run.send("a", labels(0), 0);

      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.DONE, Outcome.SCORED, Outcome.DONE, Outcome.REPEATED);
      assertThat(run.model("a").state().version()).isZero();
      assertThat(run.model("a").state().lifetime().batches()).isEqualTo(1);
    }
  }

  /**
   * Nobody can send them again. They say nothing of the new weights, and are not in their score.
   */
  @Test
  void labelsOfBatchesThatAnEarlierIncarnationPredictedAreLearnedFrom() {
    try (TopologyRun run = run(Map.of("topics.labels", "streamgrad.labels"))) {
      run.send("a", BATCHES.get(0).toBuilder().clearLabels().build());
      run.send("a", command(Kind.RESET));
      run.send("a", BATCHES.get(1).toBuilder().clearLabels().build());
      run.send("a", labels(0), 0);
      run.send("a", labels(1), 0);

      List<Applied> applied = run.applied();
      assertThat(applied)
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.DONE, Outcome.LEARNED, Outcome.LEARNED);
      assertThat(applied)
          .extracting(Applied::getPredictedByIncarnation)
          .containsExactly(0L, 0L, 1L);
      assertThat(applied).extracting(Applied::getIncarnation).containsExactly(1L, 1L, 1L);
      assertThat(run.model("a").state().lifetime().batches()).isEqualTo(1);
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES.subList(0, 2)));
    }
  }

  @Test
  void whatCanNotBeObeyedIsRefusedWithTheReason() {
    try (TopologyRun run = run(Map.of())) {
      Command reset = command(Kind.RESET);
      run.send("a", reset); // there is no model yet
      send(run, 0, 2);
      run.send("a", reset);
      run.send("a", reset);
      run.send("a", command(Kind.RESUME));
      run.send("a", command(Kind.PAUSE));
      run.send("a", command(Kind.PAUSE));
      run.send("a", tagged(Kind.ROLLBACK, "none"));
      run.send("a", tagged(Kind.SNAPSHOT, "x"));
      run.send("a", tagged(Kind.SNAPSHOT, "x"));

      assertThat(run.applied())
          .extracting(applied -> applied.getOutcome() + " " + applied.getReason())
          .containsExactly(
              "REFUSED there is no model \"a\" in partition 0: none of this name has had a batch"
                  + " since",
              "DONE ",
              "REFUSED the model has obeyed a command with the id \"id-0\" before",
              "REFUSED the model is not paused",
              "DONE ",
              "REFUSED the model is paused already",
              "REFUSED the model has no snapshot \"none\"; it has before-1",
              "DONE ",
              "REFUSED there is a snapshot \"x\" of the model already");
    }
  }

  @Test
  void whatIsNoCommandIsADeadLetter() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", Command.getDefaultInstance());
      run.send("a", command(Kind.RESET).toBuilder().clearId().build());
      run.send("a", command(Kind.RESET).toBuilder().setId("x".repeat(65)).build());
      run.send("a", command(Kind.SNAPSHOT));
      run.send("a", tagged(Kind.RESET, "x"));
      run.send("a", tagged(Kind.SNAPSHOT, "a b"));
      run.send("a", tagged(Kind.SNAPSHOT, "before-7"));
      run.send("a", command(Kind.SET));
      run.send(
          "a", set("a", "1").toBuilder().addAllSettings(set("a", "2").getSettingsList()).build());
      run.send("a", command(Kind.RESET).toBuilder().setKindValue(77).build());

      assertThat(run.raw("streamgrad.dead-letters"))
          .hasSize(10)
          .extracting(letter -> DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.REASON))
          .containsOnly("bad-command");
      assertThat(run.applied()).isEmpty();
    }
  }

  @Test
  void aCommandToOneModelIsNothingToAnother() {
    try (TopologyRun run = run(Map.of())) {
      for (ImageBatch batch : BATCHES.subList(0, 5)) {
        run.send("a", batch);
        run.send("b", batch);
      }
      run.send("b", command(Kind.RESET));
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES.subList(0, 5)));
      assertThat(run.model("a").state().control().obeyed()).isEmpty();
    }
  }

  private TopologyRun run(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("topics.commands", "streamgrad.commands");
    return new TopologyRun(directory, all);
  }

  private static void send(TopologyRun run, int from, int to) {
    BATCHES.subList(from, to).forEach(batch -> run.send("a", batch));
  }

  private static LabelBatch labels(long offset) {
    return LabelBatch.newBuilder()
        .setInput(InputPosition.newBuilder().setTopic("streamgrad.images").setOffset(offset))
        .setLabels(ByteString.copyFrom(BATCHES.get((int) offset).getLabels().toByteArray()))
        .build();
  }

  private Command command(Kind kind) {
    return Command.newBuilder().setId("id-" + ids++).setKind(kind).build();
  }

  private Command tagged(Kind kind, String tag) {
    return command(kind).toBuilder().setTag(tag).build();
  }

  private Command set(String key, String value) {
    return command(Kind.SET).toBuilder()
        .addSettings(Setting.newBuilder().setKey(key).setValue(value))
        .build();
  }
}
