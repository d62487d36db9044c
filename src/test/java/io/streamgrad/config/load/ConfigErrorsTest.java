package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigErrorsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          http.port                   | 70000       | 70000 is not allowed; must be 0 (any free port) to 65535
          http.port                   | 1.5         | 1.5 is not allowed; must be a whole number of 32 bits
          http.port                   | '"80"'      | 80 is not allowed; must be a whole number of 32 bits
          http.port                   | '""'        | "" is not allowed; must be a whole number of 32 bits
          http.port                   | true        | true is not allowed; must be a whole number of 32 bits
          http.port                   | 3000000000  | 3000000000 is not allowed; must be a whole number of 32 bits
          http.port                   | ''          | has no value
          http.port                   | '{a: 1}'    | {"a":1} is not allowed; must be a whole number of 32 bits
          http.port                   | '[80'       | is not valid YAML (line 1, column 4)
          http                        | 80          | 80 is not allowed; must be a group of keys
          http                        | '{port: }'  | port has no value; write "" for an empty text (line 1, column 7)
          http.health-port            | -1          | -1 is not allowed; must be 0 (any free port) to 65535, and another than http.port
          http.health-port            | 8080        | 8080 is not allowed; must be 0 (any free port) to 65535, and another than http.port
          http.host                   | ' '         | " " is not allowed; must be given
          http.keystore-password-file | pw.txt      | pw.txt is not allowed; must be given exactly if http.keystore is
          topics.create               | 1           | 1 is not allowed; must be true or false
          topics.create               | maybe       | maybe is not allowed; must be true or false
          topics.replication-factor   | 0           | 0 is not allowed; must be 1 or above, or -1 for the broker's default
          topics.replication-factor   | 70000       | 70000 is not allowed; must be a whole number of 16 bits
          topics.partitions           | 0           | 0 is not allowed; must be 1 or above
          snapshots.every-updates     | -1          | -1 is not allowed; must be 0 (never) or above
          topics.images               | a b         | a b is not allowed; must be 1 to 249 letters, digits, '.', '_' and '-', and neither '.' nor '..'
          topics.images               | ..          | .. is not allowed; must be 1 to 249 letters, digits, '.', '_' and '-', and neither '.' nor '..'
          topics.images               | __offsets   | __offsets is not allowed; must be without leading "__" (Kafka's own)
          topics.metrics              | streamgrad.images | streamgrad.images is not allowed; must be different from topics.images ('.' and '_' count as the same)
          topics.metrics              | streamgrad_images | streamgrad_images is not allowed; must be different from topics.images ('.' and '_' count as the same)
          topics.metrics              | streamgrad-weights-changelog | streamgrad-weights-changelog is not allowed; must be none of Kafka Streams' own, streamgrad-...-changelog and -repartition
          application-id              | ''          | "" is not allowed; must be 1 to 150 letters, digits, '.', '_' and '-', and neither '.' nor '..'
          processing-guarantee        | exactly_once | exactly_once is not allowed; must be exactly_once_v2, at_least_once
          state-dir                   | ''          | "" is not allowed; must be given
          commit-interval             | 100         | 100 is not allowed; must be a duration with its unit: 100ms, 5s, 2m, 1h or ISO-8601 (PT5S)
          commit-interval             | PT0.0001S   | PT0.0001S is not allowed; must be 1ms or longer
          commit-interval             | 1000000h    | PT1000000H is not allowed; must be 1h or shorter
                    reports.every               | -PT5S       | PT-5S is not allowed; must be 1ms or longer
          reports.every-images        | 0           | 0 is not allowed; must be 1 or above
          outputs.format              | xml         | xml is not allowed; must be protobuf, json
          default-model               | ''          | "" is not allowed; must be given
          model                       | 5           | 5 is not allowed; must be a group of keys
          model.seed                  | 99999999999999999999 | 99999999999999999999 is not allowed; must be a whole number of 64 bits
          model.layers                | 784         | 784 is not allowed; must be a list, such as [784, 10, 10]
          model.layers                | [784]       | [784] is not allowed; must be at least an input and an output layer, each of 1 to 1048576 units
          model.averaging             | .nan        | is not valid YAML (line 1, column 5)
          model.averaging             | high        | high is not allowed; must be a number
          model.averaging             | 0.99999999999 | 0.99999999999 is not allowed; must be 0 to 0.999999
          model.learning-rate.initial | 0           | 0.0 is not allowed; must be 1e-30 to 1e6
          model.learning-rate.initial | 1e39        | 1.0E39 is not allowed; must be 1e-30 to 1e6
          model.learning-rate.initial | 1e-46       | 1.0E-46 is not allowed; must be 1e-30 to 1e6
          model.optimizer.momentum    | 0.99999999999 | 0.99999999999 is not allowed; must be 0 to 0.999999
          model.optimizer.beta1       | 1           | 1.0 is not allowed; must be 0 to 0.999999
          model.optimizer.beta2       | 0.99999999999 | 0.99999999999 is not allowed; must be 0 to 0.999999
          model.optimizer.epsilon     | 1e-46       | 1.0E-46 is not allowed; must be 1e-30 to 1e6
          model.optimizer.epsilon     | 1e-60       | 1.0E-60 is not allowed; must be 1e-30 to 1e6
          model.optimizer.epsilon     | 1e39        | 1.0E39 is not allowed; must be 1e-30 to 1e6
          model.optimizer.weight-decay | 1e39       | 1.0E39 is not allowed; must be 0 (none), or 1e-30 to 1000
          model.optimizer.weight-decay | 1e-46      | 1.0E-46 is not allowed; must be 0 (none), or 1e-30 to 1000
          model.optimizer.weight-decay | 10         | 10.0 is not allowed; must be below 1 / learning-rate.initial, which is 0.1: an update takes rate times decay off each weight
          model.optimizer.clip-norm   | 1e-46       | 1.0E-46 is not allowed; must be 0 (off), or 1e-12 to 1e18
          model.optimizer.clip-norm   | 1e39        | 1.0E39 is not allowed; must be 0 (off), or 1e-12 to 1e18
          model.replay.images         | 10000       | 10000 is not allowed; must be 0 (none) where drift.detector is none: after a change, images of the time before it would keep the model from learning anew
          model.replay.images         | 100000      | 100000 is not allowed; must be 0 (none) to 85598: images of 784 pixels are 784 bytes each in the model's state, which may have 67108864 of them
          model.drift.response        | restart-average | restart-average is not allowed; must be report where drift.detector is none
          model.drift.archive         | 1           | 1 is not allowed; must be 0 (none) to 8, and 0 where drift.response is not challenger
          model.drift.response        | panic       | panic is not allowed; must be report, restart-average, boost-rate, challenger
          model.replay.per-batch      | 17          | 17 is not allowed; must be 1 to 16
          model.replay.shift          | 9           | 9 is not allowed; must be 0 to 8
          model.replay.policy         | lifo        | lifo is not allowed; must be reservoir, fifo, balanced
          model.learning-rate.schedule | steep      | steep is not allowed; must be constant, inverse-sqrt, step
          metrics.models              | -1          | -1 is not allowed; must be 0 or above
          labels.wait-images          | 0           | 0 is not allowed; must be 1 or above
          labels.wait-time            | 0ms         | PT0S is not allowed; must be 1ms or longer
          labels.wait-bytes               | -1          | -1 is not allowed; must be 0 or above
          topics.labels               | streamgrad.images | streamgrad.images is not allowed; must be different from topics.images ('.' and '_' count as the same)
          metrics.detailed-models     | -1          | -1 is not allowed; must be 0 or above
          models                      | 5           | 5 is not allowed; must be a group of keys
          models.a                    | 5           | 5 is not allowed; must be a group of keys
          models.partitioner          | sha1        | sha1 is not allowed; must be murmur2, crc32
          models.partitioner          | 1           | 1 is not allowed; must be murmur2, crc32
          models.partitioner          | ''          | "" is not allowed; must be murmur2, crc32
          models.partitioner.seed     | 7           | {"seed":"7"} is not allowed; must be murmur2, crc32
          models.max                  | 0           | 0 is not allowed; must be 1 or above
          models.allow                | '[]'        | [] is not allowed; must be one or more patterns, such as ["sensor-*", mnist]
          models.allow                | '[a, ""]'   | [a, ] is not allowed; must be one or more patterns, such as ["sensor-*", mnist]
          models.Partitioner          | crc32       | crc32 is not allowed; must be a group of keys
          models. .seed               | 7           | " " is not allowed; must be keyed by the models' names
          models.a.learning-rate.initial | -1       | -1.0 is not allowed; must be 1e-30 to 1e6
          models.a.max-batch-size     | 0           | 0 is not allowed; must be 1 to 65536
          models.a.seed               | x           | x is not allowed; must be a whole number of 64 bits
          models.a.layers             | '[784, 1]'  | [784, 1] is not allowed; must be such that the last layer has 2 to 256 classes (a label is one byte)
          models.a.sede               | 1           | unknown key; allowed here: averaging, batch-size, batch-wait, drift, follows, input-scaling, layers, learning-rate, max-batch-size, max-skipped-in-a-row, optimizer, replay, seed
          models.a.b.seed             | 1           | unknown key; allowed here: averaging, batch-size, batch-wait, drift, follows, input-scaling, layers, learning-rate, max-batch-size, max-skipped-in-a-row, optimizer, replay, seed
          http.prot                   | 1           | unknown key; allowed here: advertised-address, health-port, host, keystore, keystore-password-file, port, token-file
          hhtp.port                   | 1           | unknown key; allowed here: application-id, commit-interval, default-model, http, kafka, labels, metrics, model, models, outputs, processing-guarantee, recovery-target, reports, snapshots, state-dir, topics
          """)
  void givenAnOverrideThatIsNotAllowedWhenLoadedThenTheMessageSaysWhatIs(
      String key, String value, String problem) {
    String at =
        switch (key) {
          case "hhtp.port" -> "hhtp";
          case "models.a.b.seed" -> "models.a.b";
          case "models. .seed" -> "models";
          case "models.partitioner.seed" -> "models.partitioner";
          default -> key;
        };
    assertThat(Configs.refusal(() -> Configs.override(key, value)))
        .isEqualTo(at + ": " + problem + " (set by -c)");
  }

  @Test
  void givenAListWithAWrongElementWhenLoadedThenTheElementIsNamed() {
    assertThat(Configs.refusal(() -> Configs.override("model.layers", "[784, ten, 10]")))
        .isEqualTo(
            "model.layers[1]: ten is not allowed; must be a whole number of 32 bits (set by -c)");
  }

  @Test
  void givenAModelThatInheritsAWrongCombinationWhenLoadedThenTheMessageNamesTheModel() {
    // 20000 x 20000 is too much for one model; the width alone is allowed for all models.
    assertThat(
            Configs.refusal(
                () ->
                    ConfigLoader.load(
                        null, Map.of(), Map.of("models.big.layers", "[20000, 20000, 10]"))))
        .isEqualTo(
            "models.big.layers: [20000, 20000, 10] is not allowed; must be a network of at most"
                + " 100000000 parameters (set by -c)");
  }

  /** Without late labels each of them is allowed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          labels.wait-images   | 30000000      | at most 22369621 for a model of 10 classes
          processing-guarantee | at_least_once | exactly_once_v2 where topics.labels is set: when labels took effect must be known exactly
          """)
  void givenLateLabelsWhenSomethingDoesNotGoWithThemThenTheMessageSaysWhat(
      String key, String value, String allowed) {
    Map<String, String> both = Map.of("topics.labels", "streamgrad.labels", key, value);
    assertThat(Configs.refusal(() -> ConfigLoader.load(null, Map.of(), both)))
        .isEqualTo("%s: %s is not allowed; must be %s (set by -c)".formatted(key, value, allowed));
    ConfigLoader.load(null, Map.of(), Map.of(key, value));
  }

  @Test
  void givenAWrongVariableWhenLoadedThenTheMessageNamesIt() {
    assertThat(Configs.refusal(() -> Configs.environment("STREAMGRAD_HTTP_PORT", "-1")))
        .isEqualTo(
            "http.port: -1 is not allowed; must be 0 (any free port) to 65535 (set by environment"
                + " variable STREAMGRAD_HTTP_PORT)");
  }

  @Test
  void givenAWrongValueInAFileWhenLoadedThenTheMessageNamesTheFile() throws IOException {
    Path file = Configs.file(directory, "a.yaml", "model:\n  averaging: 1\n");

    assertThat(Configs.refusal(() -> Configs.load(file)))
        .isEqualTo(
            "model.averaging: 1.0 is not allowed; must be 0 to 0.999999 (set in " + file + ")");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a.yaml       | http:\\n  port: 1\\nhttp:\\n  port: 2 | http is given twice (line 4, column 10)
          a.yaml       | model: &m {seed: 1}\\nmodels: {a: *m}  | models.a is an alias; write the value itself (line 2, column 13)
          a.yaml       | kafka: {a: {b: 1}, a.b: 2}            | kafka.a.b is given twice (line 1, column 25)
          a.yaml       | kafka: {a: [1]}                       | kafka.a must be a single value, not a list (line 1, column 12)
          a.yaml       | topics:                               | topics has no value; write "" for an empty text (line 1, column 8)
          a.yaml       | 'http: {port: 1'                      | is not valid YAML (line 1, column 15)
          a.yaml       | '- 1'                                 | must be YAML with keys and values
          a.yaml       | 'http: {port: 1}\\n---\\nmodel: {}'   | has a second document (line 3, column 1)
          a.properties | http.port=1\\nhttp.port=2             | http.port is given twice
          a.properties | 'http.host=\\u00zz'                   | has a malformed \\u escape
          """)
  void givenAFileThatCannotBeReadAsSuchWhenLoadedThenTheMessageSaysWhere(
      String name, String content, String problem) throws IOException {
    Path file = Configs.file(directory, name, content.replace("\\n", "\n"));

    assertThat(Configs.refusal(() -> Configs.load(file)))
        .isEqualTo("configuration file " + file + ": " + problem);
  }

  @ParameterizedTest
  @CsvSource({"2024", "007", "1e3", "true"})
  void givenTextThatYamlReadsAsSomethingElseWhenLoadedThenItNeedsQuotes(String text)
      throws IOException {
    Path bare = Configs.file(directory, "bare.yaml", "application-id: " + text + "\n");
    Path quoted = Configs.file(directory, "quoted.yaml", "application-id: \"" + text + "\"\n");

    assertThat(Configs.refusal(() -> Configs.load(bare)))
        .startsWith("application-id: ")
        .endsWith(
            " is not allowed; must be text (in quotes if it looks like a number or is true or"
                + " false) (set in "
                + bare
                + ")");
    assertThat(Configs.load(quoted).applicationId()).isEqualTo(text);
    assertThat(Configs.override("application-id", text).applicationId()).isEqualTo(text);
  }

  @Test
  void givenSeveralErrorsWhenLoadedThenEachIsALine() throws IOException {
    Path file =
        Configs.file(
            directory,
            "service.yaml",
            "http: {port: 70000, hots: x}\nmodel: {layers: [784]}\nkafka: {acks: 1}\ntopcis: {}\n");

    assertThat(
            Configs.refusal(
                    () ->
                        ConfigLoader.load(
                            file,
                            Map.of("STREAMGRAD_NO_KEY", "1", "STREAMGRAD_TOPICS_CREATE", "maybe"),
                            Map.of("model.seed", "x", "models.a.averaging", "2")))
                .lines())
        .satisfiesExactlyInAnyOrder(
            line -> assertThat(line).startsWith("http.port: 70000 is not allowed;"),
            line -> assertThat(line).startsWith("http.hots: unknown key;"),
            line -> assertThat(line).startsWith("model.layers: ").endsWith("(set in " + file + ")"),
            line -> assertThat(line).startsWith("kafka.acks: must be all"),
            line -> assertThat(line).startsWith("topcis: unknown key;"),
            line -> assertThat(line).contains("STREAMGRAD_NO_KEY: sets no key"),
            line -> assertThat(line).startsWith("topics.create: maybe is not allowed;"),
            line -> assertThat(line).startsWith("model.seed: x is not").endsWith("(set by -c)"),
            line -> assertThat(line).startsWith("models.a.averaging: 2"));
  }

  @Test
  void givenAFileThatDoesNotExistWhenLoadedThenItIsNamed() {
    Path file = directory.resolve("none.yaml");

    assertThat(Configs.refusal(() -> Configs.load(file)))
        .isEqualTo("configuration file " + file + ": can't be read");
  }

  @ParameterizedTest
  @CsvSource({"a.json", "a.conf", "yaml"})
  void givenAnotherExtensionWhenLoadedThenItIsRefused(String name) {
    assertThat(Configs.refusal(() -> Configs.load(Path.of(name))))
        .isEqualTo(
            "configuration file: "
                + name
                + " is not allowed; must be a file that ends in .yaml, .yml or .properties");
  }

  @Test
  void givenARefusalThenItHasNoCauseThatCouldQuoteTheFile() throws IOException {
    Path file = Configs.file(directory, "a.yaml", "kafka: {password: *hunter2\n");

    assertThatThrownBy(() -> Configs.load(file))
        .isInstanceOf(ConfigException.class)
        .hasNoCause()
        .hasMessageNotContaining("hunter2");
  }
}
