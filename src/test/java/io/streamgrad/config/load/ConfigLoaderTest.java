package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ModelsConfig;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.OptimizerSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
  @TempDir Path directory;

  @Test
  void givenAllFourSourcesWhenLoadedThenTheLastThatGivesAKeyWins() throws IOException {
    Path file =
        Configs.file(directory, "a.yaml", "model:\n  seed: 1\n  max-batch-size: 2\n  averaging: 0");
    ServiceConfig config =
        ConfigLoader.load(
            file,
            Map.of("STREAMGRAD_MODEL_SEED", "10", "STREAMGRAD_MODEL_MAX_BATCH_SIZE", "20"),
            Map.of("model.seed", "100"));

    assertThat(config.model().seed()).isEqualTo(100);
    assertThat(config.model().maxBatchSize()).isEqualTo(20);
    assertThat(config.model().averaging()).isEqualTo(0);
    assertThat(config.model().maxSkippedInARow()).isEqualTo(10);
  }

  @Test
  void givenDefaultsOfACommandWhenLoadedThenAllOfTheFourWinOverThem() throws IOException {
    Path file = Configs.file(directory, "a.yaml", "model: {seed: 1, layers: [784, 20, 10]}");
    Map<String, String> defaults =
        Map.of(
            "model.seed", "0",
            "model.layers", "[4, 3]",
            "model.averaging", "0.5",
            "model.max-batch-size", "7",
            "topics.create", "true");
    ServiceConfig config =
        ConfigLoader.load(
            defaults,
            file,
            Map.of("STREAMGRAD_MODEL_AVERAGING", "0.25"),
            Map.of("model.max-batch-size", "9"));

    assertThat(config.model().seed()).isEqualTo(1);
    assertThat(config.model().layers()).containsExactly(784, 20, 10);
    assertThat(config.model().averaging()).isEqualTo(0.25);
    assertThat(config.model().maxBatchSize()).isEqualTo(9);
    assertThat(config.topics().create()).isTrue();
  }

  @Test
  void givenAPropertiesFileWhenLoadedThenItSaysTheSameAsYaml() throws IOException {
    Path properties =
        Configs.file(
            directory,
            "a.properties",
            """
            application-id=2024
            commit-interval=2s
            kafka.ssl.key.password=0123
            model.layers=[784, 32, 10]
            models.fashion.learning-rate.schedule=inverse-sqrt
            """);
    Path yaml =
        Configs.file(
            directory,
            "a.yml",
            """
            application-id: "2024"
            commit-interval: 2s
            kafka: {ssl: {key.password: 0123}}
            model:
              layers: [784, 32, 10]
            models:
              fashion:
                learning-rate: {schedule: inverse-sqrt}
            """);
    ServiceConfig config = Configs.load(properties);

    assertThat(config).isEqualTo(Configs.load(yaml));
    assertThat(config.applicationId()).isEqualTo("2024");
    assertThat(config.commitInterval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.model().layers()).containsExactly(784, 32, 10);
  }

  @Test
  void givenAnEmptyFileWhenLoadedThenTheDefaultsHold() throws IOException {
    assertThat(Configs.load(Configs.file(directory, "a.yaml", "# nothing\n")))
        .isEqualTo(Configs.load());
  }

  @Test
  void givenAModelThatNamesWhatDiffersWhenLoadedThenTheRestIsThatOfAllModels() throws IOException {
    Path file =
        Configs.file(
            directory,
            "a.yaml",
            """
            model:
              averaging: 0.5
              learning-rate: {initial: 0.3, warmup-updates: 7}
            models:
              fashion.v2:
                seed: 9
                learning-rate: {initial: 0.05}
            """);
    ServiceConfig config =
        ConfigLoader.load(file, Map.of(), Map.of("models.other.optimizer", "{type: adam}"));

    ModelSpec fashion = config.model("fashion.v2");
    assertThat(fashion.seed()).isEqualTo(9);
    assertThat(fashion.averaging()).isEqualTo(0.5);
    assertThat(fashion.learningRate().initial()).isEqualTo(0.05);
    assertThat(fashion.learningRate().warmupUpdates()).isEqualTo(7);
    assertThat(config.model("other").optimizer().type()).isEqualTo(OptimizerSpec.Type.ADAM);
    assertThat(config.model("other").optimizer().beta2()).isEqualTo(0.999);
    assertThat(config.model("anything else")).isSameAs(config.model());
    assertThat(config.model().learningRate().initial()).isEqualTo(0.3);
    assertThat(config.models().byName()).containsOnlyKeys("fashion.v2", "other");
  }

  @Test
  void givenAPartitionerBesideModelsWhenLoadedThenItIsASettingAndNoModel() throws IOException {
    Path file =
        Configs.file(directory, "a.yaml", "models: {partitioner: crc32, fashion: {seed: 9}}");

    assertThat(Configs.load(file).models())
        .returns(Partitioner.CRC32, ModelsConfig::partitioner)
        .satisfies(models -> assertThat(models.byName()).containsOnlyKeys("fashion"));
    assertThat(Configs.override("models.partitioner", "crc32").models())
        .isEqualTo(new ModelsConfig(Partitioner.CRC32, List.of("*"), 10_000, Map.of()));
    assertThat(Configs.environment("STREAMGRAD_MODELS_PARTITIONER", "crc32").models())
        .isEqualTo(new ModelsConfig(Partitioner.CRC32, List.of("*"), 10_000, Map.of()));
    assertThat(
            ConfigLoader.load(file, Map.of(), Map.of("models.partitioner", "murmur2"))
                .models()
                .partitioner())
        .isEqualTo(Partitioner.MURMUR2);
  }

  @Test
  void givenPatternsOfNamesWhenLoadedThenTheyAreASettingAndNoModel() throws IOException {
    Path file = Configs.file(directory, "a.yaml", "models: {allow: [mnist, 'f*'], fashion: {}}");

    assertThat(Configs.load(file).models().allow()).containsExactly("mnist", "f*");
    assertThat(Configs.load(file).models().byName()).containsOnlyKeys("fashion");
    assertThat(Configs.override("models.allow", "[sensor-*, \"*\"]").models().allow())
        .containsExactly("sensor-*", "*");
    assertThat(Configs.environment("STREAMGRAD_MODELS_ALLOW", "[a]").models().allow())
        .containsExactly("a");
  }

  @Test
  void givenAModelThatIsNotAllowedWhenLoadedThenTheMessageNamesIt() throws IOException {
    Path file = Configs.file(directory, "a.yaml", "models: {allow: [mnist], fashion: {}}");

    assertThat(Configs.refusal(() -> Configs.load(file)))
        .isEqualTo(
            "models.fashion: fashion is not allowed; must be a name that models.allow has a"
                + " pattern for (set in %s)".formatted(file));
  }

  @Test
  void givenKafkaSettingsInAnyFormWhenLoadedThenTheyAreDottedTextAsItWasWritten()
      throws IOException {
    Path file =
        Configs.file(
            directory,
            "a.yaml",
            """
            kafka:
              bootstrap: {servers: "a:1,b:2"}
              consumer:
                fetch.max.bytes: 1_000_000
                check: {crcs: true}
              ssl.key.password: 0123
              sasl.jaas.config: ${file:/secrets:jaas}
            """);
    ServiceConfig config =
        ConfigLoader.load(
            file,
            Map.of("STREAMGRAD_KAFKA_CLIENT_RACK", "1e3"),
            Map.of(
                "kafka.num.stream.threads",
                "010",
                "kafka.ssl.endpoint.identification.algorithm",
                ""));

    assertThat(config.kafka().values())
        .isEqualTo(
            Map.of(
                "bootstrap.servers", "a:1,b:2",
                "consumer.fetch.max.bytes", "1_000_000",
                "consumer.check.crcs", "true",
                "ssl.key.password", "0123",
                "sasl.jaas.config", "${file:/secrets:jaas}",
                "client.rack", "1e3",
                "num.stream.threads", "010",
                "ssl.endpoint.identification.algorithm", ""));
  }

  @Test
  void givenTextThatLooksLikeANumberWhenTheKeyIsTextThenItStaysText() {
    assertThat(Configs.override("default-model", "007").defaultModel()).isEqualTo("007");
    assertThat(Configs.environment("STREAMGRAD_APPLICATION_ID", "true").applicationId())
        .isEqualTo("true");
  }

  @Test
  void givenAWholeNumberWhenTheKeyIsAFractionThenItIsAccepted() {
    assertThat(Configs.override("model.learning-rate.initial", "1").model().learningRate())
        .returns(1.0, LearningRateSpec::initial);
    assertThat(Configs.override("model.optimizer.epsilon", "1e-6").model().optimizer().epsilon())
        .isEqualTo(1e-6);
  }

  @Test
  void givenAGroupOnTheCommandLineWhenLoadedThenItIsMerged() {
    ServiceConfig config = Configs.override("http", "{port: 0}");

    assertThat(config.http().host()).isEqualTo("0.0.0.0");
    assertThat(config.http().port()).isZero();
  }

  @Test
  void givenALoadedConfigurationThenItIsImmutable() {
    ServiceConfig config = Configs.override("models.a.seed", "1");

    assertThat(List.of(config.models().byName(), config.kafka().values()))
        .allSatisfy(map -> assertThat(map).isUnmodifiable());
    assertThat(config.model().layers()).isUnmodifiable();
  }
}
