package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.Programs;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** "streamgrad model" over services that have learned on a real broker. */
class ModelCommandsIT extends OracleTests {
  private static final int BATCHES = 40;
  private static final String UMLAUT = "gr\u00f6\u00dfe";

  @SuppressWarnings("NullAway.Init") // before the first test
  private static ServiceConfig stopped;

  @TempDir private Path files;

  /** What a command did. */
  private record Ended(int exit, String output, String error) {}

  /** Two models, and a prediction of images without labels by one of them, the last record. */
  @BeforeAll
  static void learn() {
    stopped = broker.config("stopped", Map.of());
    String images = stopped.topics().images();
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(stopped, metrics)) {
      broker.send(
          images, TestBatches.labeled(BATCHES, 1).stream().map(ImageBatch::toByteArray).toList());
      byte[] other = TestBatches.labeled(1, 2).get(0).toByteArray();
      broker.put(images, UMLAUT.getBytes(UTF_8), other);
      broker.send(images, List.of(unlabeled().toByteArray()));
      OracleBroker.awaitCommitted(service, stopped, BATCHES + 2);
    }
  }

  private static ImageBatch unlabeled() {
    return TestBatches.labeled(1, 9).get(0).toBuilder().clearLabels().build();
  }

  @Test
  void givenAStoppedServiceThenItsModelsAreListed() {
    Ended list = run(stopped, "list");

    assertThat(list.exit()).as(list.error()).isZero();
    assertThat(list.output().lines())
        .satisfiesExactly(
            head -> assertThat(head).contains("partition", "offset", "version", "accuracy"),
            row -> assertThat(row).matches(" +0 +39 +40 +\\d+ +\\d+\\.\\d\\d %  a \\(4-5-3\\)"),
            row -> assertThat(row).matches(" +0 +40 +1 .* " + UMLAUT + " \\(4-5-3\\)"));
  }

  @Test
  void givenAStoppedServiceThenAModelIsShownAsThePlainLearnerHasIt() {
    Ended show = run(stopped, "show", "a");

    assertThat(show.exit()).as(show.error()).isZero();
    assertThat(show.output())
        .contains("4-5-3, 43 parameters")
        .contains("40 batches, the last one stopped.images-0@39")
        .contains("predicts with   averaged weights")
        .contains("weights SHA-256 " + learned(stopped, BATCHES))
        .contains("\"layers\":[4,5,3]")
        .doesNotContain("note:");
  }

  @Test
  void givenAStoppedServiceThenTheSameExportIsTheSameFileInEveryFormat() throws IOException {
    for (String format : List.of("safetensors", "onnx", "npz")) {
      Path first = files.resolve("first." + format);
      Path second = files.resolve("second." + format);

      Ended export = export(stopped, "a", format, first);
      assertThat(export.exit()).as(export.error()).isZero();
      assertThat(export.output())
          .isEqualTo(
              "%s: model a, version 40, the last batch stopped.images-0@39, weights SHA-256 %s%n",
              first, learned(stopped, BATCHES));
      assertThat(export(stopped, "a", format, second).exit()).isZero();

      assertThat(second).hasSameBinaryContentAs(first);
      assertThat(Files.size(first)).isGreaterThan(43L * Float.BYTES);
    }
    try (Stream<Path> all = Files.list(files)) {
      assertThat(all).as("and nothing beside them").hasSize(6);
    }
  }

  @Test
  void givenAPublishedPredictionThenNumPyPredictsTheSameFromTheFile() throws Exception {
    Programs programs = new Programs(files, Map.of());
    assumeTrue(
        programs.works(Programs.PYTHON, "-c", "import numpy"), "Python's numpy is not installed");
    Path file = files.resolve("a.safetensors");
    assertThat(export(stopped, "a", "safetensors", file).exit()).isZero();
    Path pixels = files.resolve("pixels");
    Files.write(pixels, unlabeled().getPixels().toByteArray());
    List<ConsumerRecord<byte[], byte[]>> records = broker.read(stopped.topics().predictions());
    PredictionBatch published = PredictionBatch.parseFrom(records.get(records.size() - 1).value());
    assertThat(published.getModelVersion()).isEqualTo(BATCHES);

    JsonNode printed =
        new ObjectMapper()
            .readTree(
                programs.run(
                    Programs.PYTHON,
                    Path.of("src/test/python/predict_exported.py").toAbsolutePath().toString(),
                    file.toString(),
                    pixels.toString()));

    assertThat(printed.get("metadata").get("weights.sha256").asText())
        .isEqualTo(learned(stopped, BATCHES));
    assertThat(printed.get("classes")).hasSize(published.getClassesCount());
    for (int image = 0; image < published.getClassesCount(); image++) {
      int predicted = published.getClasses(image);
      assertThat(printed.get("classes").get(image).asInt()).isEqualTo(predicted);
      double probability = printed.get("probabilities").get(image).get(predicted).asDouble();
      assertThat(Math.abs(probability - published.getConfidences(image))).isLessThan(1e-5);
    }
  }

  /** What is stored of a running service may lack batches, and then that is said. */
  @Test
  void givenARunningServiceThenWhatItHasStoredIsListedShownAndExported() throws IOException {
    ServiceConfig config = broker.config("running", Map.of("recovery-target", "10m"));
    Path before = files.resolve("before.npz");
    Path after = files.resolve("after.npz");
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      List<ImageBatch> batches = TestBatches.labeled(BATCHES, 3);
      broker.send(config.topics().images(), batches.stream().map(ImageBatch::toByteArray).toList());
      OracleBroker.awaitCommitted(service, config, BATCHES);
      // A quiet partition's states are stored.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(run(config, "list").output()).contains("  a (4-5-3)"));
      Ended show = run(config, "show", "a");
      assertThat(show.exit()).as(show.error()).isZero();
      assertThat(show.output()).contains("weights SHA-256 " + stored(config));
      assertThat(export(config, "a", "npz", before).exit()).isZero();
    }
    Ended list = run(config, "list");
    assertThat(list.output()).containsPattern(" 39 +40 ");
    assertThat(export(config, "a", "npz", after).exit()).isZero();
    assertThat(after).isNotEmptyFile();
    assertThat(run(config, "show", "a").output())
        .contains(TestBatches.learnedSha256(config, "a", TestBatches.labeled(BATCHES, 3)))
        .doesNotContain("note:");
  }

  @Test
  void givenAModelThatIsNotThereThenThoseThatAreAreNamed() {
    Path file = files.resolve("none.onnx");

    Ended export = export(stopped, "b", "onnx", file);

    assertThat(export.exit()).isEqualTo(1);
    assertThat(export.error())
        .isEqualTo(
            "streamgrad model export: application stopped has stored no model \"b\"; it has \"a\","
                + " \"%s\"%n",
            UMLAUT);
    assertThat(file).doesNotExist();
  }

  @Test
  void givenAnApplicationWithoutAChangelogThenThatIsSaid() {
    for (String command : List.of("list", "show")) {
      String[] arguments =
          command.equals("list") ? new String[] {"list"} : new String[] {"show", "a"};
      Ended ended = run(broker.config("nobody", Map.of()), arguments);

      assertThat(ended.exit()).isEqualTo(1);
      assertThat(ended.output()).isEmpty();
      assertThat(ended.error())
          .contains("application nobody has no changelog")
          .contains("nobody-weights-changelog");
    }
  }

  @Test
  void givenAnotherConfigurationThanTheServicesThenNothingIsExported() {
    Path file = files.resolve("other.onnx");
    ServiceConfig other = broker.config("stopped", Map.of("model.layers", "[4, 6, 3]"));

    Ended export = export(other, "a", "onnx", file);

    assertThat(export.exit()).isEqualTo(1);
    assertThat(export.error())
        .contains("model \"a\" is stored with layers [4, 5, 3], configured are [4, 6, 3]")
        .contains("--config");
    assertThat(file).doesNotExist();
  }

  @Test
  void givenAFileThatIsThereThenItStaysUnlessThatIsForced() throws IOException {
    Path file = Files.write(files.resolve("a.onnx"), new byte[] {1});

    Ended refused = export(stopped, "a", "onnx", file);
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.error()).contains("--output " + file + " is there already: --force");
    assertThat(file).hasBinaryContent(new byte[] {1});

    assertThat(export(stopped, "a", "onnx", file, "--force").exit()).isZero();
    assertThat(Files.size(file)).isGreaterThan(43L * Float.BYTES);
  }

  @Test
  void givenAnUnknownFormatOrNothingToDoThenTheArgumentsAreWrong() {
    Ended format = export(stopped, "a", "pickle", files.resolve("a"));
    assertThat(format.exit()).isEqualTo(2);
    assertThat(format.error())
        .contains("'--format'")
        .contains("SAFETENSORS, ONNX, NPZ")
        .contains("'pickle'");
    Ended name = run(stopped, "show", "a\nb");
    assertThat(name.exit()).isEqualTo(2);
    assertThat(name.error()).contains("NAME");
    StringWriter err = new StringWriter();
    int exit = StreamgradCommand.commandLine().setErr(new PrintWriter(err, true)).execute("model");
    assertThat(exit).isEqualTo(2);
    assertThat(err.toString()).contains("Missing command", "list", "show", "export");
  }

  @Test
  void givenAModelWithoutAveragesWhenTheseAreAskedForThenThatIsSaid() {
    ServiceConfig config = broker.config("plain", Map.of("model.averaging", "0"));
    put(config, new ModelEntry(ModelState.initial(config.model()), new Lineage(0, 3, 0)));

    Ended export = export(config, "a", "onnx", files.resolve("a"), "--weights", "averaged");

    assertThat(export.exit()).isEqualTo(1);
    assertThat(export.error()).contains("no averaged weights");
    assertThat(export(config, "a", "onnx", files.resolve("a"), "--weights", "plain").exit())
        .isZero();
  }

  @Test
  void givenAModelThatHasDivergedThenItsLastGoodWeightsAreExportedAndThatIsSaid()
      throws IOException {
    ServiceConfig config = broker.config("diverged", Map.of());
    ModelState state = ModelState.initial(config.model());
    state.progress().version = 77;
    Arrays.fill(state.parameters().weights(0).data, Float.NaN);
    state.diverge();
    put(config, new ModelEntry(state, new Lineage(0, 99, 0)));
    Path file = files.resolve("good.safetensors");

    Ended export = export(config, "a", "safetensors", file);

    assertThat(export.exit()).as(export.error()).isZero();
    assertThat(export.output())
        .contains("note: the model has diverged and learns no more: these are its last good")
        .contains("of version 0");
    assertThat(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1))
        .contains("\"diverged\":\"true\"");
    assertThat(run(config, "list").output()).contains("a (4-5-3), diverged");
    assertThat(run(config, "show", "a").output()).contains("note: the model has diverged");
  }

  @Test
  void givenAFollowerThenItIsComparedWithItsLeaderInEitherOrder() {
    ServiceConfig config =
        broker.config("compared", Map.of("models.f.follows", "a", "models.f.layers", "[4, 9, 3]"));
    String[] follows = {"-c", "models.f.follows=a", "-c", "models.f.layers=[4, 9, 3]"};
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      broker.send(
          config.topics().images(),
          TestBatches.labeled(BATCHES, 1).stream().map(ImageBatch::toByteArray).toList());
      OracleBroker.awaitCommitted(service, config, BATCHES);
    }
    long images =
        TestBatches.labeled(BATCHES, 1).stream().mapToLong(batch -> batch.getLabels().size()).sum();

    Ended compare =
        run(config, "compare", "a", "f", follows[0], follows[1], follows[2], follows[3]);
    assertThat(compare.exit()).as(compare.error()).isZero();
    assertThat(compare.output().lines().map(line -> line.trim().replaceAll(" +", " ")))
        .contains(
            "a f",
            "leader follower",
            "layers 4-5-3 4-9-3",
            "parameters 43 75",
            "multiply-adds 120 216",
            "on the same %d images, in batches from offset 0 to 39".formatted(images))
        .anyMatch(line -> line.matches("accuracy \\d+\\.\\d\\d % \\d+\\.\\d\\d %"))
        .anyMatch(line -> line.matches("class 2 \\d+\\.\\d\\d % \\d+\\.\\d\\d %"))
        .anyMatch(line -> line.startsWith("McNemar's test: p = "));
    assertThat(run(config, "compare", "f", "a", follows[0], follows[1], follows[2], follows[3]))
        .isEqualTo(compare);
    assertThat(run(config, "show", "f", follows[0], follows[1], follows[2], follows[3]).output())
        .contains("follows         a");

    Ended none = run(config, "compare", "a", "b", follows[0], follows[1]);
    assertThat(none.exit()).isEqualTo(2);
    assertThat(none.error())
        .contains("a model that follows a, or that it follows")
        .doesNotContain("both follow");
    Ended both =
        run(config, "compare", "f", "g", follows[0], follows[1], "-c", "models.g.follows=a");
    assertThat(both.exit()).isEqualTo(2);
    assertThat(both.error())
        .contains("both follow a and are compared with it")
        .contains("\"streamgrad model compare a f\" and \"a g\"");
  }

  private static void put(ServiceConfig config, ModelEntry model) {
    byte[] state = ModelCodec.encode(model);
    broker.putStored(
        config,
        ChangelogLayout.key("a", (byte) 0, 0).bytes(),
        ChangelogLayout.value(1, state, 0, state.length));
  }

  private static String stored(ServiceConfig config) {
    return broker.stored(config, "a");
  }

  private static String learned(ServiceConfig config, int batches) {
    return TestBatches.learnedSha256(config, "a", TestBatches.labeled(batches, 1));
  }

  private static Ended export(
      ServiceConfig config, String name, String format, Path file, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("export", name, "--format", format, "--output", file.toString()));
    arguments.addAll(List.of(more));
    return run(config, arguments.toArray(String[]::new));
  }

  /** Runs a command with the settings that this configuration has and others have not. */
  private static Ended run(ServiceConfig config, String... arguments) {
    List<String> all = new ArrayList<>(List.of("model"));
    all.addAll(List.of(arguments));
    Map.of(
            "application-id", config.applicationId(),
            "kafka.bootstrap.servers",
                config.kafka().values().getOrDefault("bootstrap.servers", ""),
            "topics.images", config.topics().images(),
            "model.layers", config.model().layers().toString(),
            "model.averaging", Double.toString(config.model().averaging()))
        .forEach((key, value) -> all.addAll(List.of("-c", key + "=" + value)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    PrintStream before = System.out;
    System.setOut(new PrintStream(out, true, UTF_8));
    try {
      int exit =
          StreamgradCommand.commandLine()
              .setErr(new PrintWriter(err, true))
              .execute(all.toArray(String[]::new));
      return new Ended(exit, out.toString(UTF_8), err.toString());
    } finally {
      System.setOut(before);
    }
  }
}
