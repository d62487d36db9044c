package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command of README's table, each in a process of its own, with one service. */
class ReadmeCommandsIT {
  /** What other tests run, since it takes its time: CommandsIT and DemoIT. */
  private static final String DEMO = "`streamgrad demo`";

  private static final String CONFIG = " --config DIR/service.yaml";

  @TempDir private Path directory;
  private final Set<String> typed = new LinkedHashSet<>(Set.of(DEMO));
  private String server = "";

  @Test
  void everyCommandOfTheTableDoesWhatItIsThereFor() throws Exception {
    typed.add("`streamgrad broker --data-dir DIR --port PORT`");
    try (Running broker = start("broker --data-dir DIR/broker --port 0")) {
      server = broker.awaitOutput("Kafka at (\\S+),");
      configure();
      type(
          "`streamgrad serve --check --config FILE`",
          "serve --check" + CONFIG,
          "all fits: the service can start");
      typed.add("`streamgrad serve --config FILE -c key=value`");
      try (Running service = start("serve" + CONFIG + " -c http.health-port=0")) {
        service.awaitOutput("serving streamgrad at (\\S+)");
        learn();
        look();
        command();
        assertThat(service.terminate()).isEqualTo(143);
      }
      type("`streamgrad adopt --config FILE`", "adopt" + CONFIG, "nothing is wrong");
    }
    type("`streamgrad topology`", "topology", "Processor: learn (stores: [commit, weights])");

    assertThat(table()).containsExactlyInAnyOrderElementsOf(typed);
  }

  private void configure() throws IOException {
    Files.writeString(
        directory.resolve("service.yaml"),
        """
        kafka: {bootstrap.servers: "%s"}
        topics: {create: true, commands: streamgrad.commands}
        state-dir: %s
        http: {port: 0}
        recovery-target: 0s
        models:
          next: {follows: digits, learning-rate: {initial: 0.02}}
        """
            .formatted(server, directory.resolve("state")));
  }

  private void learn() throws Exception {
    type(
        "`streamgrad produce --dataset mnist --model NAME`",
        "produce --dataset mnist --model digits --limit 320 --bootstrap-server SERVER",
        "sent 320 images in 20 batches");
    String row = "`streamgrad watch predictions\\|applied\\|metrics\\|dead-letters`";
    type(
        row,
        "watch predictions --from-beginning --limit 20 --bootstrap-server SERVER",
        "digits v19  streamgrad.images-0@19 ");
    for (String topic : List.of("applied", "metrics", "dead-letters")) {
      type(row, "watch " + topic + " --until-time 0s --bootstrap-server SERVER", "");
    }
    type(
        "`streamgrad verify --model NAME`",
        "verify --model digits" + CONFIG,
        "agrees: 40 updates, 20 predictions");
  }

  private void look() throws Exception {
    type("`streamgrad model list --config FILE`", "model list" + CONFIG, "digits (784-10-10)");
    type(
        "`streamgrad model show NAME --config FILE`",
        "model show next" + CONFIG,
        "follows         digits");
    type(
        "`streamgrad model compare A B --config FILE`",
        "model compare digits next" + CONFIG,
        "on the same 320 images, in batches from offset 0 to 19");
    for (String format : List.of("safetensors", "onnx", "npz")) {
      type(
          "`streamgrad model export NAME --format safetensors\\|onnx\\|npz --output FILE`",
          "model export digits --format " + format + " --output DIR/digits." + format + CONFIG,
          "SHA-256 ");
    }
  }

  private void command() throws Exception {
    type(
        "`streamgrad model promote FOLLOWER --config FILE`",
        "model promote next" + CONFIG,
        "done before offset 20 of streamgrad.images-0, version 20 of incarnation 1, what was before"
            + " is kept as before-0");
    String row = "`streamgrad model pause NAME --config FILE`, `resume`";
    type(row, "model pause digits" + CONFIG, "version 20 of incarnation 1");
    type(row, "model resume digits" + CONFIG, "version 20 of incarnation 1");
    type(
        "`streamgrad model set NAME KEY=VALUE --config FILE`",
        "model set digits averaging=0.9" + CONFIG,
        "version 20 of incarnation 1");
    type(
        "`streamgrad model snapshot NAME --as TAG --config FILE`",
        "model snapshot digits --as good" + CONFIG,
        "version 20 of incarnation 1");
    type(
        "`streamgrad model reset NAME --config FILE`",
        "model reset digits" + CONFIG,
        "version 0 of incarnation 2");
    type(
        "`streamgrad model rollback NAME --to TAG --config FILE`",
        "model rollback digits --to good" + CONFIG,
        "version 20 of incarnation 3");
    type(
        "`streamgrad model import NAME FILE`",
        "model import copy DIR/digits.npz" + CONFIG,
        "version 20 of incarnation 1");
    type(
        "`streamgrad model fork NAME NEW`",
        "model fork digits other" + CONFIG,
        "version 20 of incarnation 1");
    type(
        "`streamgrad model delete NAME --config FILE`",
        "model delete copy" + CONFIG,
        "done before offset 20");
    type("`streamgrad verify --model NAME`", "verify" + CONFIG, "agrees: ");
  }

  /** Runs a command line of a row of the table. */
  private void type(String row, String line, String output) throws Exception {
    typed.add(row);
    Running.Ended ended = Running.run(directory, arguments(line));
    assertThat(ended.exit()).as("%s: %s", line, ended.output()).isZero();
    assertThat(ended.output()).as(line).contains(output);
  }

  private Running start(String line) throws IOException {
    return new Running(directory, List.of(), Map.of(), List.of(arguments(line)));
  }

  private String[] arguments(String line) {
    return line.replace("DIR", directory.toString()).replace("SERVER", server).split(" ", -1);
  }

  /** The first column, without the other commands that the second one speaks of. */
  private static List<String> table() throws IOException {
    List<String> rows = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("README.md"))) {
      if (line.startsWith("| `streamgrad ")) {
        rows.add(line.split("(?<!\\\\)\\|", -1)[1].strip());
      }
    }
    return rows;
  }
}
