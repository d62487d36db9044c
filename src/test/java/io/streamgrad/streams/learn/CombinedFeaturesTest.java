package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.ComparisonLayout;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.Setting;
import io.streamgrad.verify.MemoryOracle;
import io.streamgrad.wire.ImportCommands;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * All that models may do, in any order: late labels, commands, followers that come, go and change
 * their leader with the configuration, drift, open batches, images that are learned again. With
 * crashes between and models that leave memory all is as without, and the oracle agrees at any
 * time.
 */
class CombinedFeaturesTest {
  private static final String IMAGES = "streamgrad.images";
  private static final String LABELS = "streamgrad.labels";
  private static final String COMMANDS = "streamgrad.commands";
  private static final String[] NAMES = {"a", "b", "c", "f", "g", "h"};

  /** What models may be called, in place of "a" to "d". */
  private static final List<String> ODD_NAMES =
      List.of(" ", "..", "a.b", "größe", "模型😀", "a\u0301", "/%2e", "$[a]", "n".repeat(249));

  private static final int RECORDS = 150;

  /** More of them, or others: -Dcombined.seeds=1000 -Dcombined.seed=500. */
  private static final int SEEDS = Integer.getInteger("combined.seeds", 8);

  private static final long FIRST_SEED = Long.getLong("combined.seed", 1);

  @TempDir private Path directory;

  private final Map<String, String> called = new HashMap<>(); // names in place of others

  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  private record Sent(String topic, String model, byte[] value, long timestamp) {}

  static LongStream seeds() {
    return LongStream.range(0, SEEDS).map(i -> FIRST_SEED + i);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void withCrashesBetweenAllIsAsWithout(long seed) {
    Random random = new Random(seed);
    List<Map<String, String>> configured = new ArrayList<>();
    Map<String, String> first = settings(random);
    name(first, new Random(seed));
    configured.add(first);
    for (int i = 1; i < 4; i++) {
      configured.add(changed(configured.get(i - 1), random));
    }
    List<Integer> changes =
        Stream.generate(() -> random.nextInt(RECORDS)).limit(3).sorted().toList();
    List<Sent> sent = records(first, random);
    boolean[] crashes = new boolean[sent.size()];
    for (int i = 0; i < crashes.length; i++) {
      crashes[i] = random.nextInt(6) == 0;
    }
    String what = "seed " + seed;
    Map<String, String> undisturbed =
        run(configured, changes, sent, new boolean[sent.size()], what, 0, true, random);
    Map<String, String> disturbed =
        run(
            configured,
            changes,
            sent,
            crashes,
            what,
            any(random, List.of(0, 300)),
            random.nextBoolean(),
            random);
    assertThat(disturbed).as(what).containsExactlyInAnyOrderEntriesOf(undisturbed);
  }

  /** Every other time by odd names; every third time the last one is not allowed. */
  private void name(Map<String, String> settings, Random random) {
    List<String> odd = new ArrayList<>(ODD_NAMES);
    Collections.shuffle(odd, random);
    if (random.nextBoolean()) {
      List.of("a", "b", "c", "d").forEach(name -> called.put(name, odd.remove(0)));
    }
    if (random.nextInt(3) == 0) {
      settings.put(
          "models.allow",
          Stream.of(NAMES)
              .map(name -> '"' + called(name) + '"')
              .collect(Collectors.joining(", ", "[", "]")));
    }
  }

  private String called(String name) {
    return called.getOrDefault(name, name);
  }

  @Test
  void theOracleKnowsOfAComparisonWhoseFollowerHasNoStateYet() {
    Map<String, String> settings = Map.of("models.f.follows", "a", "recovery-target", "10m");
    try (RestartedService service = new RestartedService(config(settings), 0, true)) {
      for (ImageBatch batch : TestBatches.labeled(3, 5)) {
        service.send(IMAGES, "a".getBytes(StandardCharsets.UTF_8), batch.toByteArray(), 0);
      }
      assertThat(service.stored().names()).isEmpty();
      assertThat(service.stored().comparisons()).containsOnlyKeys("f");
      verify(service, "before a state is stored");
    }
  }

  private Map<String, String> run(
      List<Map<String, String>> configured,
      List<Integer> changes,
      List<Sent> sent,
      boolean[] crashes,
      String what,
      int pieces,
      boolean inMemory,
      Random random) {
    int at = 0;
    try (RestartedService service =
        new RestartedService(config(configured.get(0)), pieces, inMemory)) {
      for (int i = 0; i < sent.size(); i++) {
        boolean changesNow = at < changes.size() && changes.get(at) <= i;
        while (at < changes.size() && changes.get(at) <= i) {
          at++;
        }
        if (changesNow || crashes[i]) {
          service.restart(config(configured.get(at)));
        }
        Sent next = sent.get(i);
        try {
          service.send(
              next.topic(),
              called(next.model()).getBytes(StandardCharsets.UTF_8),
              next.value(),
              next.timestamp());
        } catch (RuntimeException e) {
          throw new AssertionError(what + " record " + i + " " + next.topic(), e);
        }
        if (pieces > 0 && random.nextInt(12) == 0) {
          service.letPass(Duration.ofMillis(random.nextInt(6_000)));
        }
        if (random.nextInt(40) == 0) {
          verify(service, what + " after record " + i);
        }
      }
      service.restart(config(configured.get(configured.size() - 1)));
      verify(service, what + " at the end");
      return all(service);
    }
  }

  private static void verify(RestartedService service, String what) {
    List<String> found =
        new MemoryOracle(service.config(), service.stored(), service.topics(), TestInput.ID)
            .verify();
    assertThat(found).as(what).isEmpty();
  }

  /** All that is known of models, by what it is, and what was said. */
  private Map<String, String> all(RestartedService service) {
    byte[] any = called("a").getBytes(StandardCharsets.UTF_8);
    service.send(IMAGES, any, new byte[] {1}, 0); // learned again
    WeightsStore store = service.weights();
    Map<String, String> all = new TreeMap<>();
    for (String name : Stream.of(NAMES).map(this::called).toList()) {
      ModelEntry model = store.get(name);
      if (model != null) {
        all.put(name, ModelCodec.stateSha256(model));
        all.put(name + " at", model.lineage().toString());
      }
      Comparison comparison = store.comparisons().get(name);
      all.put(
          name + " compared",
          comparison == null ? "" : Arrays.toString(ComparisonLayout.encode(comparison)));
      all.put(name + " deleted", String.valueOf(store.deleted(name)));
      all.put(name + " import", String.valueOf(store.imported().get(name)));
      for (boolean automatic : new boolean[] {true, false}) {
        for (String tag : store.tagged().tags(name, automatic)) {
          TaggedState kept = Objects.requireNonNull(store.tagged().get(name, tag));
          all.put(name + " " + tag, Integer.toString(Arrays.hashCode(kept.state())));
        }
      }
    }
    for (String topic :
        new String[] {"predictions", "metrics", "snapshots", "applied", "dead-letters"}) {
      List<byte[]> said =
          service.of("streamgrad." + topic).stream().map(ConsumerRecord::value).toList();
      for (int i = 0; i < said.size(); i++) {
        all.put(topic + " " + i, Integer.toString(Arrays.hashCode(said.get(i))));
      }
    }
    return all;
  }

  private ServiceConfig config(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.replaceAll((key, value) -> key.endsWith(".follows") ? called(value) : value);
    return TopologyRun.config(directory, all);
  }

  private static <T> T any(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static Map<String, String> settings(Random random) {
    Map<String, String> all = new HashMap<>();
    if (random.nextInt(3) > 0) {
      all.put("topics.labels", LABELS);
      all.put("labels.wait-images", any(random, List.of("20", "1000", "100000")));
      all.put("labels.wait-time", any(random, List.of("2s", "1h")));
      if (random.nextBoolean()) {
        all.put("labels.wait-bytes", any(random, List.of("0", "40")));
      }
    }
    all.put("topics.commands", COMMANDS);
    all.put("recovery-target", any(random, List.of("10m", "10m", "0s", "1ms")));
    all.put("model.drift.detector", any(random, List.of("two-averages", "adwin", "page-hinkley")));
    all.put(
        "model.drift.response",
        any(
            random,
            List.of("restart-average", "report", "challenger", "challenger", "boost-rate")));
    if (all.get("model.drift.response").equals("challenger")) {
      all.put("model.drift.archive", any(random, List.of("0", "2")));
    }
    if (random.nextBoolean()) {
      all.put("model.replay.images", "30");
      all.put("model.replay.shift", any(random, List.of("0", "1")));
      all.put("model.replay.per-batch", Integer.toString(1 + random.nextInt(3)));
      all.put("model.replay.policy", any(random, List.of("reservoir", "fifo", "balanced")));
    }
    boolean restarts = all.get("model.drift.response").equals("restart-average");
    if (random.nextInt(3) == 0) {
      all.put("model.averaging", restarts ? "0.5" : any(random, List.of("0", "0.5")));
    }
    all.put(
        "model.batch-size", Integer.toString(random.nextBoolean() ? 1 : 1 + random.nextInt(12)));
    all.put("model.batch-wait", any(random, List.of("0s", "3s")));
    all.put("model.max-skipped-in-a-row", "2");
    all.put("model.learning-rate.initial", any(random, List.of("0.1", "1", "1", "2", "50")));
    String scaling = any(random, List.of("", "unit", "center", "standardize"));
    if (!scaling.isEmpty()) {
      all.put("model.input-scaling", scaling);
    }
    all.put("model.layers", random.nextBoolean() ? "[4, 12, 3]" : "[4, 3]");
    if (random.nextInt(4) == 0) {
      all.put("model.optimizer.type", any(random, List.of("momentum", "adam")));
    }
    all.put("reports.every-images", any(random, List.of("1", "20")));
    all.put("snapshots.every-updates", any(random, List.of("0", "1", "5")));
    all.put("outputs.followers", any(random, List.of("true", "false")));
    if (random.nextInt(3) == 0) {
      // The oracle takes who was let in from the names that are stored, also of later followers.
      all.put("models.max", "2");
      all.put("recovery-target", "0s");
    }
    all.put("models.f.seed", "7");
    all.put("models.g.learning-rate.initial", "0.3");
    all.put("models.h.batch-size", "7");
    if (random.nextInt(3) == 0) {
      all.put("models.f.layers", "[4, 6, 3]");
    }
    if (random.nextInt(3) == 0) {
      all.put("models.g.drift.response", "challenger");
    }
    if (random.nextInt(3) == 0 && !restarts) {
      all.put("models.h.averaging", "0");
    }
    follow(all, random);
    return all;
  }

  private static void follow(Map<String, String> all, Random random) {
    for (String name : new String[] {"f", "g", "h"}) {
      String leader =
          any(
              random,
              all.containsKey("models.max") ? List.of("a", "b") : List.of("", "a", "a", "b"));
      all.remove("models." + name + ".follows");
      if (!leader.isEmpty()) {
        all.put("models." + name + ".follows", leader);
      }
    }
  }

  private static Map<String, String> changed(Map<String, String> before, Random random) {
    Map<String, String> all = new HashMap<>(before);
    switch (random.nextInt(4)) {
      case 0, 1 -> follow(all, random);
      case 2 -> all.remove("model.input-scaling");
      default ->
          all.put(
              "recovery-target",
              all.containsKey("models.max") ? "0s" : any(random, List.of("10m", "0s", "1ms")));
    }
    return all;
  }

  private List<Sent> records(Map<String, String> settings, Random random) {
    boolean labels = settings.containsKey("topics.labels");
    int ids = any(random, List.of(10, 1_000)); // so many ids, then they come again
    List<Sent> records = new ArrayList<>();
    List<ImageBatch> batches = new ArrayList<>();
    int permuted = 0;
    long offset = 0;
    for (int i = 0; records.size() < RECORDS; i++) {
      String model = any(random, List.of("a", "a", "a", "a", "b", "b", "c"));
      if (random.nextInt(50) == 0) {
        model =
            any(
                random,
                settings.containsKey("models.max") ? List.of("d") : List.of("f", "g", "h", "d"));
      }
      if (random.nextInt(60) == 0) {
        permuted++;
      }
      switch (random.nextInt(labels ? 7 : 5)) {
        case 0 -> {
          if (random.nextInt(2) == 0) {
            String commanded = any(random, List.of("a", "a", "b", "c", "f", "f", "g", "h"));
            if (random.nextInt(3) == 0) {
              for (byte[] piece : imports(settings, random, i, commanded)) {
                records.add(new Sent(COMMANDS, commanded, piece, 0));
              }
            } else {
              records.add(new Sent(COMMANDS, commanded, command(random, i).toByteArray(), 0));
            }
          }
        }
        case 5, 6 -> {
          if (!batches.isEmpty()) {
            int of = Math.max(0, batches.size() - 1 - random.nextInt(1 + random.nextInt(15)));
            ImageBatch batch = batches.get(of);
            LabelBatch.Builder late = LabelBatch.newBuilder();
            int at = random.nextInt(10);
            if (at == 0) {
              late.setInput(InputPosition.newBuilder().setOffset(offset + random.nextInt(3)));
            } else if (random.nextBoolean()) {
              late.setBatchId(batch.getBatchId());
            } else {
              late.setInput(InputPosition.newBuilder().setOffset(of));
            }
            if (random.nextInt(3) == 0) {
              late.addImages(0).setLabels(batch.getLabels().substring(0, 1));
            } else {
              late.setLabels(batch.getLabels());
            }
            records.add(
                new Sent(
                    LABELS,
                    random.nextInt(8) == 0 ? model : names.get(of),
                    late.build().toByteArray(),
                    timestamp(random, i)));
          }
        }
        default -> {
          ImageBatch.Builder batch =
              images(random, permuted).toBuilder().setBatchId("id-" + offset % ids);
          batches.add(batch.build());
          names.add(model);
          if (random.nextInt(3) == 0) {
            batch.clearLabels();
          }
          records.add(new Sent(IMAGES, model, batch.build().toByteArray(), timestamp(random, i)));
          offset++;
        }
      }
    }
    return records.subList(0, RECORDS);
  }

  private final List<String> names = new ArrayList<>();

  private static ImageBatch images(Random random, int permuted) {
    int images = random.nextInt(4) > 0 ? 1 + random.nextInt(30) : 1 + random.nextInt(5);
    byte[] pixels = new byte[4 * images];
    byte[] labels = new byte[images];
    for (int i = 0; i < images; i++) {
      int label = random.nextInt(3);
      labels[i] = (byte) ((label + permuted) % 3);
      for (int p = 0; p < 4; p++) {
        pixels[4 * i + p] = (byte) (random.nextInt(60) + (p == label ? 180 : 0));
      }
    }
    return ImageBatch.newBuilder()
        .setHeight(2)
        .setWidth(2)
        .setPixels(ByteString.copyFrom(pixels))
        .setLabels(ByteString.copyFrom(labels))
        .build();
  }

  private static long timestamp(Random random, int i) {
    return random.nextInt(60) == 0 ? 4_000_000_000_000L : 100L * i + random.nextInt(3_000);
  }

  private List<byte[]> imports(Map<String, String> settings, Random random, int i, String name) {
    ServiceConfig config = config(settings);
    ModelState state = ModelState.initial(config.model(random.nextInt(4) == 0 ? "a" : name));
    state.parameters().weights(0).data[0] = random.nextFloat();
    byte[] bytes = ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
    List<byte[]> pieces = new ArrayList<>();
    ImportCommands.of("id-" + i, bytes, 1024).forEach(piece -> pieces.add(piece.toByteArray()));
    return pieces.subList(0, random.nextInt(3) == 0 ? Math.min(2, pieces.size()) : pieces.size());
  }

  private static Command command(Random random, int i) {
    Kind kind =
        any(
            random,
            List.of(
                Kind.RESET,
                Kind.PAUSE,
                Kind.RESUME,
                Kind.RESUME,
                Kind.SET,
                Kind.SNAPSHOT,
                Kind.SNAPSHOT,
                Kind.ROLLBACK,
                Kind.ROLLBACK,
                Kind.PROMOTE,
                Kind.PROMOTE,
                Kind.PROMOTE,
                Kind.DELETE));
    Command.Builder command = Command.newBuilder().setId("id-" + i).setKind(kind);
    if (kind == Kind.SNAPSHOT || kind == Kind.ROLLBACK) {
      command.setTag("tag-" + random.nextInt(2));
    }
    if (kind == Kind.SET) {
      String key =
          any(
              random,
              List.of(
                  "learning-rate.initial",
                  "averaging",
                  "batch-size",
                  "batch-wait",
                  "max-skipped-in-a-row"));
      String value =
          switch (key) {
            case "learning-rate.initial" -> any(random, List.of("0.5", "2", "1", ""));
            case "averaging" -> any(random, List.of("0", "0.5", "0.9", ""));
            case "batch-size" -> any(random, List.of("1", "5", "20", ""));
            case "batch-wait" -> any(random, List.of("0s", "1s", ""));
            default -> "3";
          };
      command.addSettings(Setting.newBuilder().setKey(key).setValue(value));
    }
    return command.build();
  }
}
