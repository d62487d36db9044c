package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.streamgrad.LogCapture;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.streams.runtime.StartCheck;
import io.streamgrad.streams.settings.ChangelogSettings;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.MessageReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** TLS, SASL and the permissions that README lists, on a broker that asks for them. */
class SecurityIT {
  private static final String CHANGELOG = "streamgrad-weights-changelog";
  private static final String PASSWORD = "a password";
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir private static Path shared;
  private static SecureBroker broker;

  @TempDir private Path directory;

  @BeforeAll
  static void startBroker() throws Exception {
    broker = new SecureBroker(shared);
    broker.addUser("streamgrad", PASSWORD);
    broker.addUser("other", PASSWORD);
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void makeTopics() throws Exception {
    broker.forget("streamgrad"); // with others' topics its weights would be refused
    broker.createTopics(
        "streamgrad.images",
        "streamgrad.predictions",
        "streamgrad.metrics",
        "streamgrad.dead-letters");
  }

  static List<AclBinding> needed() throws IOException {
    return AclCommands.readme(0);
  }

  static List<AclBinding> neededToCreate() throws IOException {
    return AclCommands.readme(1);
  }

  static List<AclBinding> neededForSnapshots() throws IOException {
    return AclCommands.readme(2);
  }

  static List<AclBinding> neededToVerify() throws IOException {
    return AclCommands.readme(3);
  }

  static List<AclBinding> neededForLabels() throws IOException {
    return AclCommands.readme(4);
  }

  static List<AclBinding> neededForCommands() throws IOException {
    return AclCommands.readme(6);
  }

  @Test
  void givenReadmesPermissionsWhenServedWithAPasswordThenItLearnsRestoresAndLearnsOn()
      throws Exception {
    learnsRestoresAndLearnsOn("by-password", broker.scram("streamgrad", PASSWORD));
  }

  @Test
  void givenReadmesPermissionsWhenServedWithACertificateThenItLearnsRestoresAndLearnsOn()
      throws Exception {
    learnsRestoresAndLearnsOn("by-certificate", broker.mtls("streamgrad"));
  }

  /**
   * With the rights of the KafkaUser, the changelog that Strimzi makes, and a secret where it is
   * mounted.
   */
  @Test
  void givenWhatTheOverlayProdHasWhenServedThenItLearnsAndLacksNoRight() throws Exception {
    Path overlay = Path.of("k8s", "overlays", "prod");
    broker.writeSecret("streamgrad", directory);
    Map<String, String> client = new HashMap<>();
    new YAMLMapper()
        .readTree(
            Files.readString(overlay.resolve("streamgrad.yaml"))
                .replace("/etc/streamgrad-kafka", directory.toString()))
        .get("kafka")
        .properties()
        .forEach(setting -> client.put(setting.getKey(), setting.getValue().asText()));
    client.put("bootstrap.servers", broker.mtls("streamgrad").get("bootstrap.servers"));
    broker
        .admin()
        .createTopics(
            List.of(new NewTopic(CHANGELOG, 1, (short) 1).configs(ChangelogSettings.byName())))
        .all()
        .get();
    broker.allowOnly(AclCommands.kafkaUser(overlay.resolve("kafka").resolve("user.yaml")));

    try (LogCapture log = new LogCapture()) {
      assertThat(serveAndPredict("in-production", client, 10)).isEqualTo(longs(0, 10));
      assertThat(log.text())
          .contains("Kafka Streams is RUNNING")
          .doesNotContainIgnoringCase("not authorized")
          .doesNotContain("grows larger");
    }
  }

  private void learnsRestoresAndLearnsOn(String model, Map<String, String> client)
      throws Exception {
    broker.deleteTopic(CHANGELOG); // so that the service makes it
    broker.allowOnly(needed());

    assertThat(serveAndPredict(model, client, 30)).isEqualTo(longs(0, 30));
    assertThat(serveAndPredict(model, client, 20)).isEqualTo(longs(30, 50));
  }

  @ParameterizedTest
  @MethodSource("needed")
  void givenAllButOneOfThePermissionsWhenServedThenItStopsAndNamesIt(AclBinding missing)
      throws Exception {
    List<AclBinding> others = new ArrayList<>(needed());
    others.remove(missing);
    broker.allowOnly(others);
    if (missing.entry().operation() == AclOperation.CREATE) {
      broker.deleteTopic(missing.pattern().name());
    } else {
      broker.createTopics(CHANGELOG);
    }

    assertStopsAndNames(missing, Map.of());
  }

  @Test
  void givenNoPermissionsWhenCheckedThenAllThatAreNeededAreNamedAndNothingIsMade()
      throws Exception {
    broker.deleteTopic(CHANGELOG);
    broker.allowOnly(List.of());
    ServiceConfig config = config(broker.scram("streamgrad", PASSWORD), Map.of());

    List<String> named = StartCheck.problems(config);

    // Of topics that it must not see Kafka does not say what of their settings it may.
    List<AclBinding> seen =
        needed().stream()
            .filter(acl -> acl.entry().operation() != AclOperation.DESCRIBE_CONFIGS)
            .filter(acl -> acl.entry().operation() != AclOperation.CREATE)
            .toList();
    assertThat(named).hasSameSizeAs(seen);
    for (AclBinding each : seen) {
      assertThat(named).anyMatch(problem -> names(problem, each));
    }
    assertThat(broker.admin().listTopics().names().get()).doesNotContain(CHANGELOG);
  }

  @Test
  void givenReadmesPermissionsWhenCheckedThenNothingIsWrongAndOtherwiseItExitsWith3()
      throws Exception {
    Path file =
        SecureBroker.write(
            directory.resolve("service.properties"),
            "kafka.",
            broker.scram("streamgrad", PASSWORD));
    broker.allowOnly(needed());
    assertThat(StreamgradCommand.run("serve", "--check", "--config", file.toString())).isZero();
    assertThat(
            StreamgradCommand.run(
                "serve", "--check", "--config", file.toString(), "-c", "http.prot=1"))
        .isEqualTo(3);
    assertThat(
            StreamgradCommand.run(
                "serve", "--check", "--config", file + "", "-c", "http.token-file=/none"))
        .isEqualTo(3);

    broker.allowOnly(needed().subList(1, needed().size()));
    assertThat(StreamgradCommand.run("serve", "--check", "--config", file.toString())).isEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("neededToCreate")
  void givenOneTopicThatMustNotBeCreatedWhenServedThenItStopsAndNamesIt(AclBinding missing)
      throws Exception {
    List<AclBinding> others = new ArrayList<>(needed());
    others.addAll(neededToCreate());
    others.remove(missing);
    broker.allowOnly(others);
    broker.deleteTopic(missing.pattern().name());

    assertStopsAndNames(missing, Map.of("topics.create", "true"));
  }

  @ParameterizedTest
  @MethodSource("neededForSnapshots")
  void givenAllButOneForSnapshotsWhenServedThenItStopsAndNamesIt(AclBinding missing)
      throws Exception {
    List<AclBinding> others = new ArrayList<>(needed());
    others.addAll(neededForSnapshots());
    others.remove(missing);
    broker.allowOnly(others);
    broker.createTopics(CHANGELOG, "streamgrad.snapshots");

    assertStopsAndNames(missing, Map.of("snapshots.every-updates", "1"));
  }

  @ParameterizedTest
  @MethodSource("neededForLabels")
  void givenAllButOneForLabelsWhenServedThenItStopsAndNamesIt(AclBinding missing) throws Exception {
    List<AclBinding> others = new ArrayList<>(needed());
    others.addAll(neededForLabels());
    others.remove(missing);
    broker.allowOnly(others);
    broker.createTopics(CHANGELOG, "streamgrad.labels", "streamgrad.applied");

    assertStopsAndNames(missing, Map.of("topics.labels", "streamgrad.labels"));
  }

  @ParameterizedTest
  @MethodSource("neededForCommands")
  void givenAllButOneForCommandsWhenServedThenItStopsAndNamesIt(AclBinding missing)
      throws Exception {
    List<AclBinding> others = new ArrayList<>(needed());
    others.addAll(neededForCommands());
    others.remove(missing);
    broker.allowOnly(others);
    broker.createTopics(CHANGELOG, "streamgrad.commands", "streamgrad.applied");

    assertStopsAndNames(missing, Map.of("topics.commands", "streamgrad.commands"));
  }

  @Test
  void givenThePermissionsToVerifyWhenVerifiedThenItWorksAndWithoutOneOfThemItFails()
      throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address("PLAIN")),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      // For a dead letter: of an empty topic, nothing is read.
      producer.send(new ProducerRecord<>("streamgrad.images", new byte[] {7})).get();
    }
    learnsRestoresAndLearnsOn("verified", broker.scram("streamgrad", PASSWORD));
    Path file =
        SecureBroker.write(
            directory.resolve("service.properties"),
            "kafka.",
            broker.scram("streamgrad", PASSWORD));
    String[] verify = {"verify", "--model", "verified", "--config", file.toString()};
    List<AclBinding> all = new ArrayList<>(needed());
    all.addAll(neededToVerify());
    broker.allowOnly(all);
    assertThat(StreamgradCommand.run(verify)).isZero();

    for (AclBinding missing : neededToVerify()) {
      List<AclBinding> others = new ArrayList<>(all);
      others.remove(missing);
      broker.allowOnly(others);
      assertThat(StreamgradCommand.run(verify)).as(missing.toString()).isEqualTo(1);
    }
  }

  @Test
  void givenTheServicesPermissionsWhenAdoptedThenNoOthersAreNeeded() throws Exception {
    learnsRestoresAndLearnsOn("adopted", broker.scram("streamgrad", PASSWORD));
    Path file =
        SecureBroker.write(
            directory.resolve("service.properties"),
            "kafka.",
            broker.scram("streamgrad", PASSWORD));
    assertThat(adopt(file)).isZero();

    setOffset(1);
    assertThat(adopt(file)).isEqualTo(3);
    assertThat(adopt(file, "--continue-at", "weights", "--dry-run")).isEqualTo(3);
    assertThat(adopt(file, "--continue-at", "weights")).isZero();
    assertThat(adopt(file)).isZero();

    setOffset(2);
    assertThat(adopt(file, "--continue-at", "offset", "--reason", "a test")).isZero();
    assertThat(adopt(file)).isZero();
  }

  @Test
  void givenReadOnTheChangelogWhenModelsAreShownThenNoMoreIsNeeded() throws Exception {
    learnsRestoresAndLearnsOn("shown", broker.scram("streamgrad", PASSWORD));
    Path file =
        SecureBroker.write(
            directory.resolve("service.properties"),
            "kafka.",
            broker.scram("streamgrad", PASSWORD));
    String[] show = {"model", "show", "shown", "--config", file.toString()};
    broker.allowOnly(List.of(AclCommands.allow("streamgrad", AclOperation.READ, CHANGELOG)));
    assertThat(StreamgradCommand.run(show)).isZero();

    broker.allowOnly(List.of());
    assertThat(StreamgradCommand.run(show)).isEqualTo(1);
  }

  @Test
  void givenNoReadForThePageThenItSaysWhatItLacksAndTheServiceRunsAndWithItAllIsShown()
      throws Exception {
    broker.deleteTopic(CHANGELOG);
    broker.allowOnly(needed());
    Map<String, String> client = broker.scram("streamgrad", PASSWORD);
    serveAndPredict("shown", client, 70); // and there is a report
    try (Service service = begun(config(client, Map.of()))) {
      awaitPage(
          service, "the learning curve can't be read from streamgrad.metrics: Not authorized");
      List<AclBinding> all = new ArrayList<>(needed());
      all.add(AclCommands.allow("streamgrad", AclOperation.READ, "streamgrad.metrics"));
      broker.allowOnly(all);
      awaitPage(service, "misread images can't be read: Not authorized");

      all = new ArrayList<>(needed());
      all.addAll(AclCommands.readme(5));
      broker.allowOnly(all);
      awaitPage(service, "\"trouble\":\"\"");
      awaitPage(service, "event: misread");
      assertThat(service.isRunning()).isTrue();
    }
  }

  /** Waits until a page that is open is told this. */
  private static void awaitPage(Service service, String text) {
    HttpClient http = HttpClient.newHttpClient();
    HttpRequest events = HttpRequest.newBuilder(service.uri().resolve("/api/events")).build();
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              try (Stream<String> lines = http.send(events, BodyHandlers.ofLines()).body()) {
                return lines.anyMatch(line -> line.contains(text));
              }
            });
  }

  private static int adopt(Path config, String... more) {
    List<String> arguments = new ArrayList<>(List.of("adopt", "--config", config.toString()));
    arguments.addAll(List.of(more));
    return StreamgradCommand.run(arguments.toArray(String[]::new));
  }

  private static void setOffset(long offset) throws Exception {
    broker
        .admin()
        .alterConsumerGroupOffsets(
            "streamgrad",
            Map.of(new TopicPartition("streamgrad.images", 0), new OffsetAndMetadata(offset)))
        .all()
        .get();
  }

  @Test
  void givenThePermissionsToCreateWhenServedThenItMakesItsTopics() throws Exception {
    List<AclBinding> all = new ArrayList<>(needed());
    all.addAll(neededToCreate());
    broker.allowOnly(all);
    broker.deleteTopic("streamgrad.metrics");
    broker.deleteTopic("streamgrad.images");

    try (Service service =
        begun(config(broker.scram("streamgrad", PASSWORD), Map.of("topics.create", "true")))) {
      assertThat(service.isRunning()).isTrue();
      assertThat(broker.admin().listTopics().names().get())
          .contains("streamgrad.images", "streamgrad.metrics");
    }
  }

  private void assertStopsAndNames(AclBinding missing, Map<String, String> settings) {
    ServiceConfig config = config(broker.scram("streamgrad", PASSWORD), settings);
    assertThat(checked(config)).singleElement().matches(problem -> names(problem, missing));
    Throwable failure =
        assertTimeoutPreemptively(
            PATIENCE,
            () ->
                catchThrowable(
                    () -> {
                      try (Service service = begun(config)) {
                        service.awaitStopped();
                      }
                    }));

    assertThat(failure).isNotNull();
    assertThat(Failures.message(failure).replace("_", "").lines())
        .hasSize(1)
        .allMatch(line -> names(line, missing));
  }

  private static List<String> checked(ServiceConfig config) {
    try {
      return StartCheck.problems(config);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean names(String problem, AclBinding missing) {
    String text =
        "needs %s on %s %s"
            .formatted(
                missing.entry().operation().name(),
                missing.pattern().resourceType().name(),
                missing.pattern().name());
    return problem
        .replace("_", "")
        .toLowerCase(Locale.ROOT)
        .contains(text.replace("_", "").toLowerCase(Locale.ROOT));
  }

  @Test
  void givenAWrongPasswordOrCertificateWhenServedThenItStopsAndSaysThatItIsNotLetIn()
      throws Exception {
    broker.allowOnly(needed());

    assertThat(refusal(broker.scram("streamgrad", "another password")))
        .contains("invalid credentials");
    assertThat(refusal(broker.mtls("stranger"))).contains("certificate");
  }

  private String refusal(Map<String, String> client) {
    Throwable failure = catchThrowable(() -> begun(config(client, Map.of())).close());
    assertThat(failure).isNotNull();
    return Failures.message(failure); // as a command ends with
  }

  private static Service begun(ServiceConfig config) {
    Service service = Service.open(config);
    try {
      service.begin();
      return service;
    } catch (RuntimeException e) {
      service.close();
      throw e;
    }
  }

  @Test
  void givenWriteOnTheImagesAndReadOnThePredictionsWhenTheCommandsRunThenTheyNeedNoMore()
      throws Exception {
    Path file =
        SecureBroker.write(
            directory.resolve("client.properties"), "", broker.scram("other", PASSWORD));
    String server = broker.address("SCRAM");
    String[] produce = {
      "produce", "--bootstrap-server", server, "--command-config", file.toString(), "--limit", "5"
    };
    String[] watch = {
      "watch",
      "predictions",
      "--bootstrap-server",
      server,
      "--command-config",
      file.toString(),
      "--from-beginning",
      "--limit",
      "0"
    };
    broker.allowOnly(List.of());
    assertThat(StreamgradCommand.run(produce)).isEqualTo(1);
    assertThat(StreamgradCommand.run(watch)).isEqualTo(1);

    broker.allowOnly(
        List.of(
            AclCommands.allow("other", AclOperation.WRITE, "streamgrad.images"),
            AclCommands.allow("other", AclOperation.READ, "streamgrad.predictions")));

    assertThat(StreamgradCommand.run(produce)).isZero();
    assertThat(StreamgradCommand.run(watch)).isZero();
  }

  @Test
  void givenWriteOnTheCommandsAndReadOnWhatComesOfThemWhenAModelIsSteeredThenNoMoreIsNeeded()
      throws Exception {
    broker.createTopics(CHANGELOG, "streamgrad.commands", "streamgrad.applied");
    List<AclBinding> ofTheService = new ArrayList<>(needed());
    ofTheService.addAll(neededForCommands());
    List<AclBinding> own =
        List.of(
            AclCommands.allow("other", AclOperation.WRITE, "streamgrad.commands"),
            AclCommands.allow("other", AclOperation.READ, "streamgrad.applied"),
            AclCommands.allow("other", AclOperation.READ, "streamgrad.dead-letters"));
    Path file =
        SecureBroker.write(
            directory.resolve("steering.properties"), "kafka.", broker.scram("other", PASSWORD));
    String commands = "topics.commands=streamgrad.commands";
    String[] pause = {"model", "pause", "a", "--config", file.toString(), "-c", commands};
    Map<String, String> settings = Map.of("topics.commands", "streamgrad.commands");
    broker.allowOnly(Stream.concat(ofTheService.stream(), own.stream()).toList());
    try (Service service = begun(config(broker.scram("streamgrad", PASSWORD), settings))) {
      assertThat(StreamgradCommand.run(pause)).as("refused, there is no model").isEqualTo(3);
      for (AclBinding missing : own) {
        broker.allowOnly(
            Stream.concat(ofTheService.stream(), own.stream())
                .filter(binding -> !binding.equals(missing))
                .toList());
        StringWriter error = new StringWriter();
        int exit =
            StreamgradCommand.commandLine().setErr(new PrintWriter(error, true)).execute(pause);
        assertThat(exit).as(missing.toString()).isEqualTo(1);
        assertThat(error.toString())
            .contains("not authorized")
            .contains(
                (missing.entry().operation() == AclOperation.WRITE ? "Write" : "Read")
                    + " on Topic "
                    + missing.pattern().name());
      }
      assertThat(service.isRunning()).isTrue();
    }
  }

  private ServiceConfig config(Map<String, String> client, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("state-dir", directory.resolve("state").toString());
    all.put("http.host", "127.0.0.1");
    all.put("http.port", "0");
    all.put("http.health-port", "0");
    // A service that failed does not leave its group: the next waits for the session's end.
    all.put("kafka.consumer.session.timeout.ms", "6000");
    client.forEach((key, value) -> all.put("kafka." + key, value));
    return ConfigLoader.load(null, Map.of(), all);
  }

  /** Serves until so many new batches of the model are predicted; returns their versions. */
  private List<Long> serveAndPredict(String model, Map<String, String> client, int batches)
      throws Exception {
    Map<String, Object> superUser = Map.of("bootstrap.servers", broker.address("PLAIN"));
    List<Long> versions = new ArrayList<>();
    try (TopicTail tail = new TopicTail(superUser, List.of("streamgrad.predictions"), false);
        BatchProducer producer =
            new BatchProducer(
                superUser, "streamgrad.images", "streamgrad.labels", model, Partitioner.MURMUR2);
        Service service = begun(config(client, Map.of()))) {
      Batches.of(Datasets.mnist(Split.TEST), 16)
          .limit(16L * batches)
          .forEach(batch -> producer.send(batch, "", true));
      producer.flush();
      MessageReader<PredictionBatch> reader =
          new MessageReader<>(PredictionBatch.getDefaultInstance());
      Awaitility.await()
          .atMost(PATIENCE)
          .until(
              () -> {
                assertThat(service.isRunning()).isTrue();
                tail.poll()
                    .forEach(
                        r -> {
                          PredictionBatch p = reader.deserialize(r.topic(), r.headers(), r.value());
                          if (p.getModel().equals(model)) {
                            versions.add(p.getModelVersion());
                          }
                        });
                return versions.size() >= batches;
              });
    }
    return versions;
  }

  private static List<Long> longs(int from, int to) {
    return LongStream.range(from, to).boxed().toList();
  }
}
