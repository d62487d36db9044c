package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.MemoryOracle;
import io.streamgrad.wire.DeadLetterHeaders;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that predict and learn every batch of another one. */
class FollowersTest {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(12, 5);

  private static final String LABELS = "streamgrad.labels";

  @TempDir private Path directory;

  @Test
  void eachLearnsEveryBatchOfItsLeaderByItsOwnSettings() {
    try (TopologyRun run = run(Map.of())) {
      for (int i = 0; i < BATCHES.size(); i++) {
        run.send("b", BATCHES.get(BATCHES.size() - 1 - i));
        run.send("a", BATCHES.get(i));
      }
      for (String name : List.of("a", "f", "g")) {
        assertThat(ModelCodec.weightsSha256(run.model(name)))
            .as(name)
            .isEqualTo(TestBatches.learnedSha256(run.config(), name, BATCHES));
        assertThat(run.model(name).lineage()).isEqualTo(run.model("a").lineage());
      }
      assertThat(run.model("f").state().parameters().layers()).containsExactly(4, 3);
      assertThat(run.weights().names()).containsExactly("a", "b", "f", "g");
    }
  }

  @Test
  void theirPredictionsArePublishedIfThatIsWanted() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCHES.get(0));
      assertThat(run.predictions()).extracting(PredictionBatch::getModel).containsExactly("a");
    }
    try (TopologyRun run = run(Map.of("outputs.followers", "true"))) {
      run.send("a", BATCHES.get(0));
      run.send("b", BATCHES.get(0));
      List<PredictionBatch> predictions = run.predictions();
      assertThat(predictions)
          .extracting(PredictionBatch::getModel)
          .containsExactly("a", "f", "g", "b");
      assertThat(predictions.subList(0, 3))
          .extracting(PredictionBatch::getInput)
          .containsOnly(predictions.get(0).getInput());
    }
  }

  @Test
  void theirReportsAreInAnyCase() {
    try (TopologyRun run = run(Map.of("reports.every-images", "1"))) {
      run.send("a", BATCHES.get(0));

      assertThat(run.reports()).extracting(MetricsReport::getModel).containsExactly("a", "f", "g");
    }
  }

  @Test
  void aRecordForAFollowerIsADeadLetterThatNamesItsLeader() {
    try (TopologyRun run = run(Map.of())) {
      run.send("f", BATCHES.get(0));
      run.send("f", LabelBatch.newBuilder().setBatchId("x").build(), 0);

      assertThat(run.raw("streamgrad.dead-letters"))
          .hasSize(2)
          .allSatisfy(
              letter ->
                  assertThat(DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.MESSAGE))
                      .isEqualTo(
                          "model \"f\" follows \"a\" and has no records of its own: send them to"
                              + " \"a\""));
      assertThat(run.weights().names()).isEmpty();
    }
  }

  /** Each by its own prediction of then, and what came of them is said once. */
  @Test
  void labelsThatComeLaterAreTheirsToo() {
    try (TopologyRun run = run(Map.of())) {
      for (int i = 0; i < 6; i++) {
        run.send("a", BATCHES.get(i).toBuilder().clearLabels().setBatchId("id-" + i).build());
        run.send("a", labels(i), 0);
      }
      assertThat(run.applied()).extracting(Applied::getModel).hasSize(6).containsOnly("a");
      for (String name : List.of("a", "f", "g")) {
        assertThat(ModelCodec.weightsSha256(run.model(name)))
            .as(name)
            .isEqualTo(TestBatches.learnedSha256(run.config(), name, BATCHES.subList(0, 6)));
      }
      assertThat(run.metrics().scrape())
          .contains("streamgrad_label_records_total{outcome=\"learned\"} 6.0");
    }
  }

  /** A producer that was started again counts its batches from the beginning. */
  @Test
  void labelsOfABatchFromBeforeItFollowedAreNotKeptForAnotherOfThatId() {
    List<ImageBatch> batches =
        TestBatches.labeled(40, 5).stream().filter(b -> b.getLabels().size() == 3).toList();
    ServiceConfig before = TopologyRun.config(directory, Map.of("topics.labels", LABELS));
    ServiceConfig after =
        TopologyRun.config(
            directory,
            Map.of("topics.labels", LABELS, "models.f.follows", "a", "recovery-target", "10m"));
    try (RestartedService service = new RestartedService(before, 0, true)) {
      send(service, batches.get(0).toBuilder().clearLabels().setBatchId("x").build());
      service.restart(after);
      send(service, batches.get(1));
      label(service, batches.get(0));
      service.restart(after); // so that they are learned again
      send(service, batches.get(2).toBuilder().clearLabels().setBatchId("x").build());
      ModelState follower = Objects.requireNonNull(service.weights().get("f")).state();
      assertThat(follower.version()).isEqualTo(1);
      assertThat(Objects.requireNonNull(follower.pending()).unlabeled()).isEqualTo(3);
      label(service, batches.get(2));

      assertThat(ModelCodec.weightsSha256(Objects.requireNonNull(service.weights().get("f"))))
          .isEqualTo(TestBatches.learnedSha256(after, "f", batches.subList(1, 3)));
      assertThat(new MemoryOracle(after, service.stored(), service.topics(), TestInput.ID).verify())
          .isEmpty();
    }
  }

  /** They have come before it, and their batch comes after it. */
  @Test
  void labelsThatItsLeaderHoldsWhenItBeginsAreItsTooOnceTheirBatchComes() {
    List<ImageBatch> batches =
        TestBatches.labeled(40, 5).stream().filter(b -> b.getLabels().size() == 3).toList();
    ServiceConfig before = TopologyRun.config(directory, Map.of("topics.labels", LABELS));
    ServiceConfig after =
        TopologyRun.config(
            directory,
            Map.of(
                "topics.labels",
                LABELS,
                "models.f.follows",
                "a",
                "models.g.follows",
                "a",
                "recovery-target",
                "10m"));
    try (RestartedService service = new RestartedService(before, 0, true)) {
      send(service, batches.get(0));
      label(service, batches.get(1)); // is held
      service.restart(after);
      byte[] other = batches.get(0).toByteArray(); // the commit that writes all is over with it
      service.send("streamgrad.images", new byte[] {'b'}, other, 0);
      send(service, batches.get(2));
      send(service, batches.get(1).toBuilder().clearLabels().setBatchId("x").build());
      service.restart(after); // so that they are learned again

      for (String name : List.of("a", "f", "g")) {
        ModelState state = Objects.requireNonNull(service.weights().get(name)).state();
        assertThat(Objects.requireNonNull(state.pending()).unlabeled()).as(name).isZero();
      }
      assertThat(ModelCodec.weightsSha256(Objects.requireNonNull(service.weights().get("f"))))
          .isEqualTo(
              TestBatches.learnedSha256(after, "f", List.of(batches.get(2), batches.get(1))));
      assertThat(new MemoryOracle(after, service.stored(), service.topics(), TestInput.ID).verify())
          .isEmpty();
    }
  }

  private static void send(RestartedService service, ImageBatch batch) {
    service.send("streamgrad.images", new byte[] {'a'}, batch.toByteArray(), 0);
  }

  /** Says the labels of a batch with the id x. */
  private static void label(RestartedService service, ImageBatch batch) {
    LabelBatch labels =
        LabelBatch.newBuilder().setBatchId("x").setLabels(batch.getLabels()).build();
    service.send(LABELS, new byte[] {'a'}, labels.toByteArray(), 0);
  }

  /** Counted by hand, from what was published. */
  @Test
  void itIsComparedWithItsLeaderOnTheImagesThatBothPredicted() {
    try (TopologyRun run = run(Map.of("outputs.followers", "true"))) {
      for (ImageBatch batch : BATCHES) {
        run.send("a", batch);
      }
      List<PredictionBatch> predictions = run.predictions();
      long[] counts = new long[12];
      double[] losses = new double[2];
      for (int i = 0; i < BATCHES.size(); i++) {
        PredictionBatch leader = predictions.get(3 * i);
        PredictionBatch follower = predictions.get(3 * i + 1);
        byte[] labels = BATCHES.get(i).getLabels().toByteArray();
        for (int image = 0; image < labels.length; image++) {
          int who = leader.getClasses(image) == labels[image] ? 1 : 0;
          who += follower.getClasses(image) == labels[image] ? 2 : 0;
          counts[4 * labels[image] + who]++;
        }
        losses[0] += leader.getScore().getMeanLoss() * labels.length;
        losses[1] += follower.getScore().getMeanLoss() * labels.length;
      }
      Comparison comparison = Objects.requireNonNull(run.weights().comparisons().get("f"));
      assertThat(comparison.counts()).isEqualTo(counts);
      assertThat(comparison.leaderLoss()).isCloseTo(losses[0], within(1e-9));
      assertThat(comparison.followerLoss()).isCloseTo(losses[1], within(1e-9));
      assertThat(comparison.images()).isEqualTo(run.model("f").state().lifetime().images());
      assertThat(run.weights().comparisons().get("a")).isNull();
    }
  }

  /** With labels that come later, images that one of them has not predicted do not count. */
  @Test
  void whatOneOfThemHasNotPredictedIsNotCompared() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCHES.get(0).toBuilder().clearLabels().setBatchId("id-0").build());
      run.send("f", Command.newBuilder().setId("x").setKind(Kind.RESET).build());
      run.send("a", BATCHES.get(1).toBuilder().clearLabels().setBatchId("id-1").build());
      run.send("a", labels(0), 0);
      assertThat(run.weights().comparisons().get("f")).isNull();
      run.send("a", labels(1), 0);

      Comparison comparison = Objects.requireNonNull(run.weights().comparisons().get("f"));
      assertThat(comparison.images()).isEqualTo(BATCHES.get(1).getLabels().size());
      assertThat(comparison.follower()).isEqualTo(1);
      assertThat(comparison.since()).isEqualTo(1);
      run.send("a", Command.newBuilder().setId("y").setKind(Kind.RESET).build());
      run.send("a", BATCHES.get(2));
      assertThat(Objects.requireNonNull(run.weights().comparisons().get("f")).images())
          .as("since the leader has begun anew")
          .isEqualTo(BATCHES.get(2).getLabels().size());
    }
  }

  /** An image is one that came to the service, however many models learn it. */
  @Test
  void theirImagesCountOnceInTheSumsOverAllModels() {
    try (TopologyRun run = run(Map.of())) {
      int images = 0;
      for (ImageBatch batch : BATCHES) {
        images += batch.getLabels().size();
        run.send("a", batch);
      }
      run.send("a", BATCHES.get(0).toBuilder().clearLabels().build());

      assertThat(run.metrics().scrape().lines())
          .contains(
              "streamgrad_all_images_total %d.0".formatted(images),
              "streamgrad_all_learned_images_total %d.0".formatted(images),
              "streamgrad_all_batches_total 12.0",
              "streamgrad_all_learned_batches_total 12.0",
              "streamgrad_all_predicted_images_total %d.0"
                  .formatted(BATCHES.get(0).getLabels().size()),
              "streamgrad_all_correct_images_total %d.0"
                  .formatted(run.model("a").state().lifetime().correct()),
              "streamgrad_images_total{model=\"f\"} %d.0".formatted(images),
              "streamgrad_models 3.0");
    }
  }

  @Test
  void aFollowerThatWasDeletedFollowsNoMore() {
    try (TopologyRun run = run(Map.of("outputs.followers", "true"))) {
      run.send("a", BATCHES.get(0));
      run.send("f", Command.newBuilder().setId("x").setKind(Kind.DELETE).build());
      run.send("a", BATCHES.get(1));

      assertThat(run.applied()).extracting(Applied::getOutcome).containsExactly(Outcome.DONE);
      assertThat(run.predictions())
          .extracting(PredictionBatch::getModel)
          .containsExactly("a", "f", "g", "a", "g");
      assertThat(run.weights().names()).containsExactly("a", "g");
    }
  }

  @Test
  void commandsAreForOneOfThemAlone() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCHES.get(0));
      run.send("f", Command.newBuilder().setId("x").setKind(Kind.PAUSE).build());
      run.send("a", BATCHES.get(1));

      assertThat(run.model("a").state().version()).isEqualTo(2);
      assertThat(run.model("f").state().version()).isEqualTo(1);
      assertThat(run.model("f").state().lifetime().batches()).isEqualTo(2);
      assertThat(run.model("g").state().version()).isEqualTo(2);
    }
  }

  /** With weights, scores and settings; what waits for labels stays with the name. */
  @Test
  void aFollowerThatIsPromotedAndItsLeaderChangePlaces() {
    try (TopologyRun run = run(Map.of())) {
      for (ImageBatch batch : BATCHES.subList(0, 5)) {
        run.send("a", batch);
      }
      run.send("a", BATCHES.get(5).toBuilder().clearLabels().setBatchId("id-5").build());
      String leader = ModelCodec.weightsSha256(run.model("a"));
      String follower = ModelCodec.weightsSha256(run.model("g"));
      long correct = run.model("g").state().lifetime().correct();
      run.send("g", Command.newBuilder().setId("x").setKind(Kind.PROMOTE).build());

      assertThat(run.applied())
          .extracting(Applied::getOutcome, Applied::getKeptAs)
          .containsExactly(tuple(Outcome.DONE, "before-0"));
      assertThat(ModelCodec.weightsSha256(run.model("a"))).isEqualTo(follower);
      assertThat(ModelCodec.weightsSha256(run.model("g"))).isEqualTo(leader);
      assertThat(run.model("a").state().lifetime().correct()).isEqualTo(correct);
      for (String name : List.of("a", "g")) {
        assertThat(run.model(name).state().control().incarnation()).isEqualTo(1);
        assertThat(run.weights().tagged().tags(name, true)).containsExactly("before-0");
        assertThat(run.model(name).state().pending()).isNotNull();
      }
      assertThat(run.model("a").state().control().settings())
          .containsExactly(entry("learning-rate.initial", "0.5"));
      assertThat(run.model("g").state().control().settings())
          .containsExactly(entry("learning-rate.initial", "0.1"));
      run.send("a", labels(5), 0);
      assertThat(run.applied())
          .extracting(Applied::getOutcome, Applied::getPredictedByIncarnation)
          .containsExactly(tuple(Outcome.LEARNED, 0L));
      assertThat(run.model("a").state().lifetime().correct()).isEqualTo(correct);
      assertThat(run.model("a").state().version()).isEqualTo(6);

      run.send("g", Command.newBuilder().setId("y").setKind(Kind.PROMOTE).build());
      assertThat(run.model("a").state().control().settings()).isEmpty();
      assertThat(run.model("g").state().control().settings()).isEmpty();
      assertThat(run.model("a").state().control().incarnation()).isEqualTo(2);
    }
  }

  @Test
  void whatHasNoLeaderOrDoesNotFitItsPlaceIsNotPromoted() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCHES.get(0));
      run.send("f", Command.newBuilder().setId("x").setKind(Kind.PROMOTE).build());
      run.send("a", Command.newBuilder().setId("y").setKind(Kind.PROMOTE).build());
      run.send("a", Command.newBuilder().setId("z").setKind(Kind.DELETE).build());
      run.send("g", Command.newBuilder().setId("x").setKind(Kind.PROMOTE).build());

      assertThat(run.applied())
          .extracting(Applied::getReason)
          .containsExactly(
              "model \"f\" can't be \"a\": it has layers [4, 3], configured are [4, 5, 3] there;"
                  + " fork it to a model that is configured so, and send the images to that",
              "the model follows none (models.a.follows)",
              "",
              "there is no model \"a\" yet, which it follows");
    }
  }

  /** They are named in the configuration; nobody makes one by sending a name. */
  @Test
  void theyTakeNoPlaceOfOtherModels() {
    try (TopologyRun run = run(Map.of("models.max", "2"))) {
      run.send("a", BATCHES.get(0));
      run.send("b", BATCHES.get(0));
      run.send("c", BATCHES.get(0));

      assertThat(run.weights().names()).containsExactly("a", "b", "f", "g");
      assertThat(run.raw("streamgrad.dead-letters")).hasSize(1);
    }
  }

  private static LabelBatch labels(int i) {
    return LabelBatch.newBuilder()
        .setBatchId("id-" + i)
        .setLabels(BATCHES.get(i).getLabels())
        .build();
  }

  private TopologyRun run(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("topics.labels", "streamgrad.labels");
    all.put("topics.commands", "streamgrad.commands");
    all.put("models.f.follows", "a");
    all.put("models.f.layers", "[4, 3]");
    all.put("models.g.follows", "a");
    all.put("models.g.learning-rate.initial", "0.5");
    all.putAll(settings);
    return new TopologyRun(directory, all);
  }
}
