package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets that come through Kafka's config providers and files, and where they must not show. */
class SecretsIT {
  private static final String MARK = "m4rked";
  private static final String PASSWORD = "password-" + MARK;
  private static final String TOKEN = "token-" + MARK;
  private static final String PROVIDERS = "org.apache.kafka.common.config.provider.";

  private static SecureBroker broker;
  @TempDir private Path directory;

  @BeforeAll
  static void startBroker(@TempDir Path kafka) throws Exception {
    broker = new SecureBroker(kafka);
    broker.addUser("streamgrad", PASSWORD);
    List<AclBinding> all = new ArrayList<>(AclCommands.readme(0));
    all.addAll(AclCommands.readme(1));
    // Of the commands.
    all.add(AclCommands.allow("streamgrad", AclOperation.WRITE, "streamgrad.images"));
    all.add(AclCommands.allow("streamgrad", AclOperation.READ, "streamgrad.predictions"));
    broker.allowOnly(all);
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void givenSecretsInFilesWhenAllRunsAtDebugLevelThenNoneIsShown() throws Exception {
    Path secrets = Files.createDirectories(directory.resolve("secrets"));
    Files.writeString(secrets.resolve("kafka.properties"), "password=" + PASSWORD + "\n");
    Files.writeString(secrets.resolve("token"), TOKEN + "\n");
    Map<String, String> client = client("${file:" + secrets + "/kafka.properties:password}");
    client.put("config.providers", "file");
    client.put("config.providers.file.class", PROVIDERS + "FileConfigProvider");
    client.put("config.providers.file.param.allowed.paths", secrets.toString());

    try (Running service = serve(client, Map.of(), "http.token-file=" + secrets.resolve("token"))) {
      URI uri = URI.create(service.awaitOutput("serving streamgrad at (\\S+)"));
      produceAndWatch(client);
      String metrics = get(uri.resolve("metrics"), TOKEN).body();
      assertThat(metrics).contains("streamgrad_").contains("kafka_").doesNotContain(MARK);
      assertThat(get(uri.resolve("metrics"), "wrong").statusCode()).isEqualTo(401);
      assertThat(get(uri.resolve("v2"), "wrong").body()).isEqualTo("{\"error\":\"unauthorized\"}");
      assertThat(get(uri, TOKEN).body()).doesNotContain(MARK);
      assertThat(get(uri.resolve("readyz"), "").body()).doesNotContain(MARK);
      assertThat(service.terminate()).isEqualTo(143);
      // Kafka's own settings are printed at this level: this is the log that could show it.
      assertThat(service.output()).contains("sasl.jaas.config = [hidden]").doesNotContain(MARK);
    }
  }

  @Test
  void givenASecretInADirectoryOrTheEnvironmentWhenServedThenAllItsClientsAreLetIn()
      throws Exception {
    Path secrets = Files.createDirectories(directory.resolve("secrets"));
    Files.writeString(secrets.resolve("password"), PASSWORD);
    Map<String, String> fromDirectory = client("${dir:" + secrets + ":password}");
    fromDirectory.put("config.providers", "dir");
    fromDirectory.put("config.providers.dir.class", PROVIDERS + "DirectoryConfigProvider");
    fromDirectory.put("config.providers.dir.param.allowed.paths", secrets.toString());
    Map<String, String> fromEnvironment = client("${env:KAFKA_PASSWORD}");
    fromEnvironment.put("config.providers", "env");
    fromEnvironment.put("config.providers.env.class", PROVIDERS + "EnvVarConfigProvider");
    fromEnvironment.put("config.providers.env.param.allowlist.pattern", "KAFKA_.*");

    for (Map<String, String> client : List.of(fromDirectory, fromEnvironment)) {
      try (Running service = serve(client, Map.of("KAFKA_PASSWORD", PASSWORD))) {
        service.awaitOutput("Kafka Streams is (RUNNING)");
        assertThat(service.terminate()).isEqualTo(143);
        assertThat(service.output()).doesNotContain(MARK);
      }
    }
  }

  @Test
  void givenASecretOutsideWhatIsAllowedWhenServedThenItIsNotRead() throws Exception {
    Path allowed = Files.createDirectories(directory.resolve("allowed"));
    Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "password=" + PASSWORD);
    Map<String, String> file = client("${file:" + elsewhere + ":password}");
    file.put("config.providers", "file");
    file.put("config.providers.file.class", PROVIDERS + "FileConfigProvider");
    file.put("config.providers.file.param.allowed.paths", allowed.toString());
    Map<String, String> environment = client("${env:OTHER_PASSWORD}");
    environment.put("config.providers", "env");
    environment.put("config.providers.env.class", PROVIDERS + "EnvVarConfigProvider");
    environment.put("config.providers.env.param.allowlist.pattern", "KAFKA_.*");

    for (Map<String, String> client : List.of(file, environment)) {
      try (Running service = serve(client, Map.of("OTHER_PASSWORD", PASSWORD))) {
        assertThat(service.exit(Duration.ofSeconds(60))).isEqualTo(1);
        assertThat(service.output()).contains("streamgrad serve: ").doesNotContain(MARK);
      }
    }
  }

  @Test
  void givenSecretsInTheOpenWhenRefusedThenNoMessageShowsThem() throws Exception {
    Map<String, String> client = client("another-" + PASSWORD);
    try (Running service = serve(client, Map.of())) {
      assertThat(service.exit(Duration.ofSeconds(60))).isEqualTo(1);
      assertThat(service.output()).contains("invalid credentials").doesNotContain(MARK);
    }
    // Misspelt, so that it is not where Kafka would hide it, and not even a JAAS configuration.
    for (String[] wrong :
        List.of(
            new String[] {"kafka.sasl.jaas.config", MARK},
            new String[] {"kafka.security.protocol", "SASL_SSL", "kafka.sasl.jaas.confg", MARK},
            new String[] {"kafak.ssl.key.password", MARK},
            new String[] {"http.token", MARK})) {
      List<String> settings = new ArrayList<>();
      for (int i = 0; i < wrong.length; i += 2) {
        settings.add(wrong[i] + "=" + wrong[i + 1]);
      }
      Map<String, String> without = new HashMap<>(client);
      without.remove("sasl.jaas.config");
      try (Running service = serve(without, Map.of(), settings.toArray(String[]::new))) {
        assertThat(service.exit(Duration.ofSeconds(60))).as(wrong[0]).isEqualTo(1);
        assertThat(service.output()).contains("streamgrad serve: ").doesNotContain(MARK);
      }
    }
  }

  @Test
  void givenSecretsInTheEnvironmentWhenHelpIsPrintedThenItShowsNone() throws Exception {
    for (String command : List.of("serve", "produce")) {
      try (Running help =
          new Running(
              directory,
              List.of(),
              Map.of("STREAMGRAD_KAFKA_SASL_JAAS_CONFIG", MARK),
              List.of(command, "--help"))) {
        assertThat(help.exit(Duration.ofSeconds(60))).isZero();
        assertThat(help.output()).contains("Usage: streamgrad").doesNotContain(MARK);
      }
    }
  }

  private Map<String, String> client(String password) {
    return new TreeMap<>(broker.scram("streamgrad", password));
  }

  /** The settings stand in a file, but for those that are given by themselves. */
  private Running serve(
      Map<String, String> client, Map<String, String> environment, String... settings)
      throws IOException {
    Path file = Files.createTempFile(directory, "service", ".properties");
    SecureBroker.write(file, "kafka.", client);
    List<String> arguments = new ArrayList<>(List.of("serve", "--config", file.toString()));
    arguments.addAll(
        List.of(
            "-c", "topics.create=true",
            "-c", "http.host=127.0.0.1",
            "-c", "http.port=0",
            "-c", "http.health-port=0",
            "-c", "state-dir=" + directory.resolve("state")));
    for (String setting : settings) {
      arguments.addAll(List.of("-c", setting));
    }
    return new Running(
        directory,
        List.of("-Dstreamgrad.log.level=DEBUG", "-Dstreamgrad.kafka.log.level=INFO"),
        environment,
        arguments);
  }

  /** The commands read the same providers, from a file of the client's own settings. */
  private void produceAndWatch(Map<String, String> client) throws Exception {
    Path file = directory.resolve("client.properties");
    SecureBroker.write(file, "", client);
    String[] access = {
      "--bootstrap-server", broker.address("SCRAM"), "--command-config", file.toString()
    };
    for (String command :
        List.of("produce --limit 40", "watch predictions --from-beginning --limit 3")) {
      List<String> arguments = new ArrayList<>(List.of(command.split(" ", -1)));
      arguments.addAll(List.of(access));
      Running.Ended ended = Running.run(directory, arguments.toArray(String[]::new));
      assertThat(ended.exit()).as(ended.output()).isZero();
      assertThat(ended.output()).doesNotContain(MARK);
    }
  }

  private static HttpResponse<String> get(URI uri, String token) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + token).build(),
            BodyHandlers.ofString());
  }
}
