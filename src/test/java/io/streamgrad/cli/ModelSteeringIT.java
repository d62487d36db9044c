package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import io.streamgrad.wire.ImportCommands;
import io.streamgrad.wire.ModelPartitions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** "streamgrad model pause" and the others, of services on a real broker. */
class ModelSteeringIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(40, 1);

  @TempDir private Path files;

  /** What a command did. */
  private record Ended(int exit, String output, String error) {}

  @Test
  void givenARunningServiceThenEachCommandSaysWhenItTookEffectAndTheOracleAgrees() {
    ServiceConfig config = config("steered");
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      learn(service, config, 0, 10);

      assertThat(run(config, "pause", "a", "--dry-run").output())
          .contains("would be done, and nothing was sent: version 10 of incarnation 0")
          .contains("and then version 10 of incarnation 0, paused");
      done(run(config, "pause", "a"), "done before offset 10 of steered.images-0, version 10 of");
      learn(service, config, 10, 20);
      refused(run(config, "pause", "a"), "the model is paused already");
      assertThat(run(config, "list").output()).contains("a (4-5-3), paused");
      done(run(config, "resume", "a"), "done before offset 20 of steered.images-0, version 10 of");
      done(run(config, "set", "a", "learning-rate.initial=0.2", "averaging=0.9"), "version 10");
      refused(
          run(config, "set", "a", "seed=7"), "seed: can't be set by command; can be: averaging");
      done(run(config, "snapshot", "a", "--as", "good"), "version 10");
      learn(service, config, 20, 30);
      assertThat(run(config, "rollback", "a", "--to", "bad", "--dry-run"))
          .satisfies(dry -> assertThat(dry.exit()).isEqualTo(3))
          .satisfies(
              dry ->
                  assertThat(dry.output())
                      .contains(
                          "would be refused: the model has no snapshot \"bad\"; it has good"));
      done(
          run(config, "rollback", "a", "--to", "good"),
          "version 10 of incarnation 1, what was before is kept as before-6");
      assertThat(run(config, "show", "a").output())
          .contains("incarnation     1")
          .contains("set by command  learning-rate.initial=0.2")
          .contains("snapshots       before-6, good");
      done(run(config, "reset", "a", "--id", "again"), "version 0 of incarnation 2");
      refused(run(config, "reset", "a", "--id", "again"), "with the id \"again\" before");
      learn(service, config, 30, 40);
      done(run(config, "delete", "a"), "done before offset 40");
      refused(run(config, "pause", "a"), "there is no model \"a\"");
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
    Ended watched = watch("--topic", config.topics().applied(), "--from-beginning", "--limit", "2");
    assertThat(watched.output())
        .contains("a v10  steered.commands-0@0  PAUSE DONE before images offset 10")
        .contains("PAUSE REFUSED before images offset 20  the model is paused already");
  }

  @Test
  void givenAFileAndAModelThenOthersBeginWithThemAndTheOracleAgrees() throws IOException {
    ServiceConfig config = config("warm");
    Path file = files.resolve("a.safetensors");
    Path again = files.resolve("b.safetensors");
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      refused(run(config, "fork", "a", "c"), "there is no model \"a\"");
      learn(service, config, 0, 10);
      String hash = export(config, "a", file);

      assertThat(run(config, "import", "b", file.toString(), "--dry-run").output())
          .contains("there is no such model, and then version 10 of incarnation 1");
      done(
          run(config, "import", "b", file.toString()),
          "done before offset 10 of warm.images-0, version 10 of incarnation 1;");
      assertThat(export(config, "b", again)).isEqualTo(hash);
      assertThat(numbers(again)).isEqualTo(numbers(file));
      done(
          run(config, "import", "a", file.toString(), "--id", "x"),
          "version 10 of incarnation 1, what was before is kept as before-");
      refused(run(config, "import", "a", file.toString(), "--id", "x"), "with the id \"x\" before");

      learn(service, config, 10, 20);
      assertThat(run(config, "fork", "a", "c", "--dry-run").output())
          .contains("and then version 20 of incarnation 1");
      done(run(config, "fork", "a", "c", "--id", "y"), "version 20 of incarnation 1;");
      refused(run(config, "fork", "a", "c", "--id", "y"), "with the id \"y\" before");
      assertThat(export(config, "c", again)).isEqualTo(export(config, "a", file));
      assertThat(run(config, "show", "a").output()).contains("fork-y");
      broker.put(config.topics().images(), "c".getBytes(UTF_8), BATCHES.get(20).toByteArray());
      broker.put(config.topics().images(), "b".getBytes(UTF_8), BATCHES.get(20).toByteArray());
      ModelState state = ModelState.initial(config.model("d"));
      byte[] bytes = ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
      Command first = ImportCommands.of("given-up", bytes, 1024).get(0);
      broker.put(config.topics().commands(), "d".getBytes(UTF_8), first.toByteArray());
      broker.put(config.topics().images(), "d".getBytes(UTF_8), BATCHES.get(21).toByteArray());
      OracleBroker.awaitCommitted(service, config, 23);

      Files.write(again, new byte[] {1, 2, 3});
      Ended none = run(config, "import", "a", again.toString());
      assertThat(none.exit()).isEqualTo(3);
      assertThat(none.output()).contains("refused, and nothing was sent: ").contains("safetensors");
      assertThat(run(config, "import", "a", "nowhere").error())
          .contains("there is no file nowhere");
      assertThat(run(config, "fork", "a", "a").exit()).isEqualTo(2);
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  /**
   * By a command line that believes in another rule; nothing is changed, also no place is taken.
   */
  @Test
  void givenACommandForAnotherPartitionsModelThenItIsRefusedWithWhereThatLives()
      throws IOException {
    ServiceConfig config =
        broker.config(
            "elsewhere",
            Map.of(
                "topics.commands", "elsewhere.commands",
                "topics.applied", "elsewhere.applied",
                "topics.partitions", "3",
                "models.max", "1",
                "models.f.follows", "a",
                "recovery-target", "0s"));
    ModelPartitions partitions = new ModelPartitions(config, 3);
    int home = partitions.of("a");
    int other = ModelPartitions.partition(Partitioner.CRC32, "a".getBytes(UTF_8), 3);
    String neighbour = "b"; // lives where the command is sent to
    while (partitions.of(neighbour) != other) {
      neighbour += "b";
    }
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      broker.send(config.topics().images(), List.of(BATCHES.get(0).toByteArray()));
      OracleBroker.awaitCommitted(service, config, home, 1);
      Path file = files.resolve("a.safetensors");
      export(config, "a", file);
      String[] wrongly = {"-c", "models.partitioner=crc32"};

      refused(
          run(config, with(wrongly, "pause", "a")),
          "the record lies in partition %d of 3, its model's name belongs to partition %d"
              .formatted(other, home));
      refused(
          run(config, with(wrongly, "import", "a", file.toString())),
          "or models.partitioner: crc32");
      refused(
          run(config, with(wrongly, "reset", "f", "-c", "models.f.follows=a")),
          "it follows model \"a\", which lives in partition " + home);
      assertThat(run(config, "show", "a").output()).doesNotContain("paused");
      broker.put(config.topics().images(), neighbour.getBytes(UTF_8), BATCHES.get(0).toByteArray());
      OracleBroker.awaitCommitted(service, config, other, 1);
      assertThat(metrics.scrape()).contains("streamgrad_commands_total{outcome=\"refused\"} 3.0");
    }
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.labels()).isEqualTo(3);
    assertThat(report.deadLetters()).as("there was room for %s", neighbour).isZero();
  }

  private static String[] with(String[] more, String... arguments) {
    return Stream.of(arguments, more).flatMap(Stream::of).toArray(String[]::new);
  }

  /** Exports a model and gives the hash that the command says. */
  private static String export(ServiceConfig config, String model, Path to) {
    Ended ended =
        run(
            config,
            "export",
            model,
            "--format",
            "safetensors",
            "--force",
            "--output",
            to.toString());
    assertThat(ended.exit()).as(ended.error()).isZero();
    return ended.output().replaceFirst("(?s).*SHA-256 ([0-9a-f]{64}).*", "$1");
  }

  /** What lies behind the header, which says where the model comes from. */
  private static byte[] numbers(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Arrays.copyOfRange(bytes, Long.BYTES + header, bytes.length);
  }

  @Test
  void givenNoServiceThenTheCommandSaysWhatToLookAt() {
    ServiceConfig config = config("silent");
    broker.createTopic(config.topics().applied(), Map.of());
    broker.createTopic(config.topics().deadLetters(), Map.of());

    Ended ended = run(config, "pause", "a", "--timeout", "1", "--id", "x");

    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.error())
        .contains("nothing came of the command silent.commands-0@0 within 1 s")
        .contains("/readyz")
        .contains("streamgrad watch applied")
        .contains("--id x");
  }

  @Test
  void givenArgumentsThatAreWrongThenNothingIsSent() {
    ServiceConfig config = config("wrong");

    assertThat(run(config, "snapshot", "a", "--as", "a b").exit()).isEqualTo(2);
    assertThat(run(config, "snapshot", "a").exit()).isEqualTo(2);
    assertThat(run(config, "set", "a").exit()).isEqualTo(2);
    assertThat(run(config, "pause", "a", "--timeout", "0").exit()).isEqualTo(2);
    assertThat(broker.read(config.topics().commands())).isEmpty();
  }

  @Test
  void givenAServiceThatTakesNoCommandsThenThatIsSaid() {
    ServiceConfig config = broker.config("deaf", Map.of());
    Ended ended = run(config, "pause", "a");
    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.error()).contains("topics.commands is not set");
  }

  private static void done(Ended ended, String output) {
    assertThat(ended.exit()).as(ended.error() + ended.output()).isZero();
    assertThat(ended.output()).contains(output);
  }

  private static void refused(Ended ended, String reason) {
    assertThat(ended.exit()).as(ended.error() + ended.output()).isEqualTo(3);
    assertThat(ended.output()).contains("refused, and nothing was changed: ").contains(reason);
  }

  private static void learn(StreamsService service, ServiceConfig config, int from, int to) {
    broker.send(
        config.topics().images(),
        BATCHES.subList(from, to).stream().map(ImageBatch::toByteArray).toList());
    OracleBroker.awaitCommitted(service, config, to);
  }

  /** With each commit the state is stored, so that what is shown is what there is. */
  private static ServiceConfig config(String name) {
    ServiceConfig config =
        broker.config(
            name,
            Map.of(
                "topics.commands", name + ".commands",
                "topics.applied", name + ".applied",
                "recovery-target", "0s"));
    config.readTopics().forEach(topic -> broker.createTopic(topic, Map.of()));
    return config;
  }

  private static Ended run(ServiceConfig config, String... arguments) {
    List<String> all = new ArrayList<>(List.of("model"));
    all.addAll(List.of(arguments));
    Map.of(
            "application-id", config.applicationId(),
            "kafka.bootstrap.servers",
                config.kafka().values().getOrDefault("bootstrap.servers", ""),
            "topics.images", config.topics().images(),
            "topics.commands", config.topics().commands(),
            "topics.applied", config.topics().applied(),
            "topics.dead-letters", config.topics().deadLetters(),
            "model.layers", config.model().layers().toString())
        .forEach((key, value) -> all.addAll(List.of("-c", key + "=" + value)));
    return execute(all);
  }

  private static Ended watch(String... arguments) {
    List<String> all = new ArrayList<>(List.of("watch", "applied", "--bootstrap-server"));
    all.add(config("watched").kafka().values().getOrDefault("bootstrap.servers", ""));
    all.addAll(List.of(arguments));
    return execute(all);
  }

  private static Ended execute(List<String> arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    StringWriter err = new StringWriter();
    PrintStream before = System.out;
    System.setOut(new PrintStream(out, true, UTF_8));
    try {
      int exit =
          StreamgradCommand.commandLine()
              .setErr(new PrintWriter(err, true))
              .execute(arguments.toArray(String[]::new));
      return new Ended(exit, out.toString(UTF_8), err.toString());
    } finally {
      System.setOut(before);
    }
  }
}
