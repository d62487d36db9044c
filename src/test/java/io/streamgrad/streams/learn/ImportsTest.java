package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Control;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.CommandDecoder;
import io.streamgrad.wire.DeadLetterHeaders;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.ImportCommands;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes of states that are imported, piece by piece. */
class ImportsTest {
  private static final int PIECE = 1024;
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(30, 5);

  @TempDir private Path directory;

  @Test
  void aModelThatIsNotThereBeginsWithTheStateOnceItsLastPieceHasCome() {
    try (TopologyRun run = run(Map.of())) {
      List<Command> pieces = pieces("x", state(run, 12));
      send(run, "b", 0, 3);
      pieces.forEach(piece -> run.send("a", piece));
      send(run, "a", 3, 5);

      List<Applied> applied = run.applied();
      assertThat(applied).hasSizeGreaterThan(2);
      assertThat(applied.subList(0, applied.size() - 1))
          .allMatch(said -> said.getOutcome() == Outcome.HELD && said.getReason().isEmpty());
      Applied last = applied.get(applied.size() - 1);
      assertThat(last.getOutcome()).isEqualTo(Outcome.DONE);
      assertThat(last.getImagesOffset()).isEqualTo(3);
      assertThat(last.getModelVersion()).isEqualTo(12);
      assertThat(last.getIncarnation()).isEqualTo(1);
      assertThat(last.getKeptAs()).isEmpty();
      assertThat(run.predictions().subList(3, 5))
          .extracting(PredictionBatch::getModelVersion, PredictionBatch::getIncarnation)
          .containsExactly(tuple(12L, 1L), tuple(13L, 1L));
      assertThat(run.model("a").state().lifetime().batches()).isEqualTo(2);
      assertThat(run.weights().imported().get("a")).isNull();
      assertThat(run.metrics().scrape())
          .contains("streamgrad_commands_total{outcome=\"done\"} 1.0");
    }
  }

  @Test
  void whatWasThereIsKeptAndItsSettingsStayUnlessTheStateHasItsOwn() {
    try (TopologyRun run = run(Map.of())) {
      send(run, "a", 0, 4);
      run.send("a", set("learning-rate.initial", "0.5"));
      String before = ModelCodec.weightsSha256(run.model("a"));
      ModelState state = state(run, 7);
      String sha256 = sha256(state);
      pieces("x", state).forEach(piece -> run.send("a", piece));

      assertThat(ModelCodec.weightsSha256(run.model("a"))).isEqualTo(sha256);
      assertThat(run.model("a").state().control().settings()).containsValue("0.5");
      Applied done = last(run);
      assertThat(done.getIncarnation()).isEqualTo(1);
      run.send("a", rollback(done.getKeptAs()));
      assertThat(ModelCodec.weightsSha256(run.model("a"))).isEqualTo(before);

      ModelState own = state(run, 7);
      own.setControl(Control.NONE.withSettings(new TreeMap<>(Map.of("averaging", "0.5"))));
      pieces("y", own).forEach(piece -> run.send("a", piece));
      assertThat(run.model("a").state().control().settings())
          .containsExactly(Map.entry("averaging", "0.5"));
    }
  }

  /** Else the larger part of its state would be other images', and more than a state may have. */
  @Test
  void aForkGoesOnWithTheAverageAndWithoutTheImagesThatWereKeptOrWait() {
    Map<String, String> keeping =
        Map.of(
            "model.replay.images", "20000",
            "model.drift.detector", "adwin",
            "model.batch-size", "1000");
    try (TopologyRun run = run(keeping)) {
      ModelState other = state(run, 20);
      MiniBatch images = MiniBatch.of(4, new byte[4 * 20_000], new byte[20_000]);
      Objects.requireNonNull(other.replay()).insert(7, images);
      other.gather(images.of(new int[] {1, 2}, new byte[2]), 1000, 0);
      other.keepAverageSince(15);
      byte[] bytes = bytes(other);
      assertThat(bytes.length).isGreaterThan((int) ModelCodec.atMost(run.config().model()));

      ImportCommands.fork("x", bytes, run.config().model()).forEach(each -> run.send("a", each));

      assertThat(last(run).getReason()).isEmpty();
      ModelState fork = run.model("a").state();
      assertThat(ModelCodec.weightsSha256(run.model("a"))).isEqualTo(sha256(other));
      assertThat(fork.averageSince()).isEqualTo(15);
      assertThat(Objects.requireNonNull(fork.replay()).images()).isZero();
      assertThat(fork.open()).isNull();
    }
  }

  @Test
  void anImportIsObeyedOnce() {
    try (TopologyRun run = run(Map.of())) {
      List<Command> pieces = pieces("x", state(run, 7));
      pieces.forEach(piece -> run.send("a", piece));
      send(run, "a", 0, 2);
      String learned = ModelCodec.stateSha256(run.model("a"));
      run.applied();
      pieces.forEach(piece -> run.send("a", piece));

      assertThat(run.applied())
          .hasSize(pieces.size())
          .allMatch(said -> said.getReason().contains("with the id \"x\" before"));
      assertThat(ModelCodec.stateSha256(run.model("a"))).isEqualTo(learned);
    }
  }

  @Test
  void aFirstPieceTakesThePlaceOfAnImportThatIsNotWhole() {
    try (TopologyRun run = run(Map.of())) {
      List<Command> first = pieces("first", state(run, 3));
      List<Command> second = pieces("second", state(run, 9));
      run.send("a", first.get(0));
      run.send("a", second.get(0));
      run.send("a", first.get(1));
      second.subList(1, second.size()).forEach(piece -> run.send("a", piece));

      List<Applied> applied = run.applied();
      assertThat(applied.subList(0, 3))
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.HELD, Outcome.HELD, Outcome.REFUSED);
      assertThat(applied.get(2).getReason())
          .isEqualTo(
              "piece 1, and the next one must be piece 1 of the import with the id \"second\"");
      assertThat(run.model("a").state().version()).isEqualTo(9);
    }
  }

  @Test
  void piecesInAnotherOrderOrAloneAreRefused() {
    try (TopologyRun run = run(Map.of())) {
      List<Command> pieces = pieces("x", state(run, 3));
      run.send("a", pieces.get(1));
      run.send("a", pieces.get(0));
      run.send("a", pieces.get(2));
      run.send("a", pieces.get(1).toBuilder().setStateSize(5000).build());
      run.send("a", pieces.get(1).toBuilder().setState(ByteString.copyFrom(new byte[9])).build());
      byte[] large = new byte[9000];
      run.send(
          "a",
          pieces.get(0).toBuilder()
              .setStateSize(9001)
              .setState(ByteString.copyFrom(large))
              .build());

      assertThat(run.applied())
          .extracting(Applied::getReason)
          .satisfiesExactly(
              said -> assertThat(said).contains("of which the first has not come"),
              said -> assertThat(said).isEmpty(),
              said -> assertThat(said).startsWith("piece 2, and the next one must be piece 1"),
              said -> assertThat(said).startsWith("piece 1, and the next one must be piece 1"),
              said -> assertThat(said).contains("piece 1 has 9 bytes, and with it 1033 of "),
              said -> assertThat(said).contains("no longer than a new model's state"));
      assertThat(run.weights().names()).isEmpty();
      ChangelogView stored = new ChangelogView();
      run.raw("streamgrad-weights-changelog")
          .forEach(record -> stored.put(record.key(), record.value()));
      WeightsStore restored = new ChangelogEdit(stored).store();
      assertThat(restored.namesEver()).containsExactly("a"); // the name has its place
      assertThat(restored.imported().get("a")).isEqualTo(run.weights().imported().get("a"));
    }
  }

  @Test
  void aStateThatNoModelCanHaveIsRefusedAndChangesNothing() {
    try (TopologyRun run = run(Map.of());
        TopologyRun other = run(Map.of("model.layers", "[4, 41, 3]"));
        TopologyRun adam = run(Map.of("model.optimizer.type", "adam"))) {
      send(run, "a", 0, 3);
      String before = ModelCodec.stateSha256(run.model("a"));
      refused(run, state(other, 1), "the state has layers [4, 41, 3], configured are [4, 40, 3]");
      refused(run, state(adam, 1), "2 optimizer moments");
      refused(
          run,
          changed(run, s -> s.parameters().weights(1).data[3] = Float.POSITIVE_INFINITY),
          "not finite");
      refused(
          run,
          changed(run, s -> s.lastGood().parameters().biases(0).data[0] = Float.NaN),
          "finite");
      String large = "the state has weights or averages of a norm above 1000000";
      refused(run, changed(run, s -> s.parameters().weights(0).data[1] = 1e30f), large);
      refused(run, changed(run, s -> s.predicting().biases(0).data[1] = -1e30f), large);
      refused(run, changed(run, s -> s.lastGood().parameters().biases(1).data[0] = 2e6f), large);
      refused(run, changed(run, s -> s.progress().version = -1), "counts below 0");
      refused(run, changed(run, s -> s.progress().version = Long.MAX_VALUE), "beyond all updates");
      refused(run, changed(run, s -> s.keepAverageSince(2)), "beyond all updates");
      refused(run, changed(run, s -> s.keepPending(new PendingBatches())), "wait for labels");
      refused(
          run,
          changed(
              run,
              s -> s.setControl(Control.NONE.withSettings(new TreeMap<>(Map.of("seed", "7"))))),
          "seed: can't be set by command");
      assertThat(ModelCodec.stateSha256(run.model("a"))).isEqualTo(before);
      assertThat(run.weights().tagged().tags("a", true)).isEmpty();
    }
  }

  private static ModelState changed(TopologyRun run, Consumer<ModelState> change) {
    ModelState state = state(run, 1);
    change.accept(state);
    return state;
  }

  private static void refused(TopologyRun run, ModelState state, String reason) {
    pieces("refused", state).forEach(piece -> run.send("a", piece));
    Applied last = last(run);
    assertThat(last.getOutcome()).isEqualTo(Outcome.REFUSED);
    assertThat(last.getReason()).contains(reason);
  }

  @Test
  void bytesThatAreNoStateAreRefused() {
    try (TopologyRun run = run(Map.of())) {
      Random random = new Random(1);
      byte[] good = bytes(state(run, 3));
      for (int i = 0; i < 300; i++) {
        byte[] bad = good.clone();
        bad[random.nextInt(200)] ^= (byte) (1 << random.nextInt(8));
        ImportCommands.of("id-" + i, bad, PIECE).forEach(piece -> run.send("a", piece));
      }
      byte[] another = good.clone();
      another[700] ^= 1;
      List<Command> mixed = ImportCommands.of("mixed", good, PIECE);
      run.send("a", mixed.get(0));
      run.applied();
      ImportCommands.of("mixed", another, PIECE).stream()
          .skip(1)
          .map(piece -> piece.toBuilder().setStateSha256(mixed.get(0).getStateSha256()).build())
          .forEach(piece -> run.send("a", piece));
      assertThat(last(run).getOutcome()).isEqualTo(Outcome.DONE); // the first piece had the bit
      List<Command> wrong = ImportCommands.of("wrong", another, PIECE);
      wrong.forEach(
          piece ->
              run.send(
                  "a", piece.toBuilder().setStateSha256(mixed.get(0).getStateSha256()).build()));
      assertThat(last(run).getReason()).startsWith("the SHA-256 of the state is ");
    }
  }

  @Test
  void whatIsNoPieceIsADeadLetter() {
    try (TopologyRun run = run(Map.of())) {
      Command good = pieces("x", state(run, 3)).get(0);
      run.send("a", good.toBuilder().clearStateSize().build());
      run.send("a", good.toBuilder().setStateSize(-1).build());
      run.send("a", good.toBuilder().setStateSha256("7").build());
      run.send("a", good.toBuilder().setPiece(-1).build());
      run.send("a", good.toBuilder().clearState().build());
      run.send("a", good.toBuilder().setStateSize(7).build());
      run.send("a", good.toBuilder().setTag("x").build());
      run.send("a", good.toBuilder().setKind(Kind.RESET).build());

      assertThat(run.raw("streamgrad.dead-letters"))
          .hasSize(8)
          .extracting(letter -> DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.REASON))
          .containsOnly("bad-command");
      assertThat(run.weights().namesEver()).isEmpty();
    }
  }

  @Test
  void aStateThatIsLargerThanTheModelsIsRefusedWithItsFirstPiece() {
    try (TopologyRun run = run(Map.of())) {
      Command piece =
          pieces("x", state(run, 3)).get(0).toBuilder().setStateSize(100_000_000).build();
      run.send("a", piece);
      assertThat(last(run).getReason()).startsWith("the state has 100000000 bytes, one of this");
      assertThat(run.weights().imported().get("a")).isNull();
    }
  }

  /** Images and imports have one limit, in the order in which they come. */
  @Test
  void noMoreModelsAreImportedThanThereMayBe() throws BadRecordException {
    try (TopologyRun run = run(Map.of("models.max", "2"))) {
      send(run, "a", 0, 1);
      run.send("b", pieces("x", state(run, 3)).get(0)); // its name has a place from now on
      run.send("c", pieces("y", state(run, 3)).get(0));
      send(run, "c", 1, 2);
      send(run, "b", 2, 3);

      assertThat(run.raw("streamgrad.dead-letters"))
          .hasSize(2)
          .extracting(letter -> DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.REASON))
          .containsOnly("too-many-models");
      assertThat(run.weights().namesEver()).containsExactly("a", "b");
      assertThat(run.model("b").state().control().incarnation()).isZero();

      ServiceConfig config = run.config();
      Set<String> names = run.weights().namesEver();
      ChangelogView none = new ChangelogView();
      for (String name : names) {
        assertThat(CommandTrial.of(config, none, name, 0, names, decoded(run)).refused()).isNull();
      }
      assertThatThrownBy(() -> CommandTrial.of(config, none, "c", 0, names, decoded(run)))
          .isInstanceOf(BadRecordException.class)
          .hasMessageContaining("there are 2 in the partition, as many as models.max allows");
    }
  }

  private static List<DecodedCommand> decoded(TopologyRun run) throws BadRecordException {
    List<DecodedCommand> decoded = new ArrayList<>();
    for (Command piece : pieces("z", state(run, 3))) {
      decoded.add(CommandDecoder.decode(new RecordHeaders(), piece.toByteArray()));
    }
    return decoded;
  }

  @Test
  void afterADeletionNothingIsLeftOfWhatHadComeAndTheIncarnationIsANewOne() {
    try (TopologyRun run = run(Map.of())) {
      send(run, "a", 0, 1);
      List<Command> pieces = pieces("x", state(run, 3));
      run.send("a", pieces.get(0));
      run.send("a", Command.newBuilder().setId("d").setKind(Kind.DELETE).build());
      run.send("a", pieces.get(1));
      assertThat(last(run).getReason()).contains("the first has not come");
      run.send("a", BATCHES.get(1).toBuilder().clearLabels().build()); // predicted as incarnation 1
      pieces.forEach(piece -> run.send("a", piece));
      assertThat(run.model("a").state().control().incarnation()).isEqualTo(2);
      assertThat(run.predictions())
          .extracting(PredictionBatch::getIncarnation)
          .containsExactly(0L, 1L);
    }
  }

  @Test
  void aModelOfANameWhoseImportWasGivenUpIsStoredAsItIs() {
    try (TopologyRun run = run(Map.of())) {
      send(run, "b", 0, 2);
      run.send("a", pieces("x", state(run, 3)).get(0));
      send(run, "a", 2, 5);

      assertThat(ModelCodec.decode(ModelCodec.encode(run.model("a"))).lineage())
          .isEqualTo(run.model("a").lineage());
    }
  }

  private static Applied last(TopologyRun run) {
    List<Applied> applied = run.applied();
    return applied.get(applied.size() - 1);
  }

  private static List<Command> pieces(String id, ModelState state) {
    return ImportCommands.of(id, bytes(state), PIECE);
  }

  private static byte[] bytes(ModelState state) {
    return ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
  }

  private static String sha256(ModelState state) {
    return ModelCodec.weightsSha256(new ModelEntry(state, Lineage.NONE));
  }

  /** One that has learned from so many batches, in another order than any model here. */
  private static ModelState state(TopologyRun run, int batches) {
    ModelState state = ModelState.initial(run.config().model());
    Learner learner = new Learner(run.config().model());
    List<ImageBatch> others = new ArrayList<>(BATCHES);
    Collections.reverse(others);
    for (ImageBatch batch : others.subList(0, batches)) {
      byte[] pixels = batch.getPixels().toByteArray();
      Steps.take(learner, state, MiniBatch.of(4, pixels, batch.getLabels().toByteArray()));
    }
    return state;
  }

  private static Command set(String key, String value) {
    Command.Builder command = Command.newBuilder().setId("set").setKind(Kind.SET);
    command.addSettingsBuilder().setKey(key).setValue(value);
    return command.build();
  }

  private static Command rollback(String tag) {
    return Command.newBuilder().setId("back").setKind(Kind.ROLLBACK).setTag(tag).build();
  }

  private TopologyRun run(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("model.layers", "[4, 40, 3]");
    all.put("topics.commands", "streamgrad.commands");
    all.putAll(settings);
    return new TopologyRun(directory, all);
  }

  private static void send(TopologyRun run, String model, int from, int to) {
    BATCHES.subList(from, to).forEach(batch -> run.send(model, batch));
  }
}
