package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.Running;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a newcomer runs it: stops it, types it again, gives it other data. */
class DemoIT {
  private static final int IMAGES = 320;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  @Test
  void givenADemoThatWasStoppedWhileItLearnedWhenTypedAgainThenItGoesOnAndCountsItsOwn()
      throws Exception {
    boolean interruptible = Running.isInterruptible();
    try (Running first = demo()) {
      first.awaitOutput("(\\d+ of 60,000 images)");
      first.signal(interruptible ? "INT" : "TERM");
      assertThat(first.exit(PATIENCE)).isEqualTo(interruptible ? 130 : 143);
      assertThat(first.output()).contains("Stopped; the same command goes on from here.");
    }

    Path summary = directory.resolve("summary.json");
    try (Running second =
        demo("--dataset", someOfMnist(9).toString(), "--exit", "--summary", summary + "")) {
      assertThat(second.exit(PATIENCE)).as(second.output()).isZero();
      assertThat(second.output())
          .containsPattern(
              "Goes on with the model of an earlier run, which has learned from [\\d,]+")
          .containsPattern("First come [\\d,]+ batches that an earlier run has sent\\.")
          .containsPattern("class +images +precision +recall")
          .contains("demo --data-dir " + directory.resolve("data"));
      assertThat(second.output().lines())
          .as("what an ordinary run warns of, but for how long it takes")
          .noneMatch(line -> line.matches(".*(WARN|ERROR) .*") && !line.contains("StatusLog"));
    }
    JsonNode figures = new ObjectMapper().readTree(summary.toFile());
    assertThat(figures.get("images").asInt()).isEqualTo(IMAGES);
    assertThat(figures.get("byClass")).hasSize(10);
    int tested = 0;
    for (JsonNode row : figures.get("byClass")) {
      tested += row.get("images").asInt();
    }
    assertThat(tested).isEqualTo(IMAGES);
  }

  @Test
  void givenADemoThatHasLearnedThenTheCommandThatItShowsWorksAndTheFilesSettingsCount()
      throws Exception {
    int port = freePort();
    Path file =
        Files.writeString(directory.resolve("demo.yaml"), "http: {port: %d}\n".formatted(port));
    try (Running demo =
        demo(
            "--dataset",
            someOfMnist(9).toString(),
            "--drift",
            "permute",
            "--config",
            file.toString())) {
      String next = demo.awaitOutput("(?s)Next, in another terminal:\\s+streamgrad ([^\\n]+)\\n");
      assertThat(demo.output())
          .containsPattern("images   predicted right\\n +320   [\\d.]+%")
          .contains("metrics     http://127.0.0.1:" + port + "/metrics");

      Running.Ended watched = Running.run(directory, next.split(" ", -1));

      assertThat(watched.exit()).as(watched.output()).isZero();
      assertThat(watched.output().lines()).hasSize(5).allMatch(line -> line.startsWith("mnist v"));
    }
  }

  /** They are learned in the same order, only the predictions come earlier. */
  @Test
  void givenLabelsThatComeLaterThenTheWeightsAreTheSame() throws Exception {
    JsonNode at = summary("at", "--dataset", someOfMnist(9).toString());
    JsonNode late = summary("late", "--dataset", someOfMnist(9).toString(), "--label-delay", "100");

    assertThat(late.get("weightsSha256")).isEqualTo(at.get("weightsSha256"));
    assertThat(late.get("heldOutAccuracy")).isEqualTo(at.get("heldOutAccuracy"));
    assertThat(late.get("prequentialAccuracy").asDouble())
        .isLessThan(at.get("prequentialAccuracy").asDouble());
  }

  private JsonNode summary(String name, String... more) throws Exception {
    Path summary = directory.resolve(name + ".json");
    List<String> arguments =
        new ArrayList<>(
            List.of("demo", "--data-dir", directory.resolve(name).toString(), "--port", "0"));
    arguments.addAll(List.of("--metrics-port", "0", "--exit", "--summary", summary.toString()));
    arguments.addAll(List.of(more));
    Running.Ended ended = Running.run(directory, arguments.toArray(String[]::new));
    assertThat(ended.exit()).as(ended.output()).isZero();
    return new ObjectMapper().readTree(summary.toFile());
  }

  @Test
  void givenBatchesThatTheServiceCanNotUseThenItEndsAndSaysWhy() throws Exception {
    String some = someOfMnist(9).toString();
    try (Running demo = demo("--dataset", some, "-c", "model.layers=[700, 10, 10]")) {
      assertThat(demo.exit(PATIENCE)).isEqualTo(1);
      assertThat(demo.output())
          .contains("the service can't use a batch, which is a dead letter now");
    }
  }

  @Test
  void givenALabelThatTheModelHasNotThenItEndsBeforeAnythingIsSent() throws Exception {
    String some = someOfMnist(12).toString();
    try (Running demo = demo("--dataset", some, "-c", "model.layers=[784, 10, 10]")) {
      assertThat(demo.exit(PATIENCE)).isEqualTo(1);
      assertThat(demo.output())
          .contains("has the label 12; the model has classes 0 to 9")
          .doesNotContain("dead letter");
    }
  }

  private Running demo(String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("demo", "--data-dir", directory.resolve("data").toString(), "--port", "0"));
    if (!List.of(more).contains("--config")) {
      arguments.addAll(List.of("--metrics-port", "0"));
    }
    arguments.addAll(List.of(more));
    return new Running(directory, List.of(), Map.of(), arguments);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** A folder with the first images of MNIST, the last of which has this label. */
  private Path someOfMnist(int lastLabel) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("some"));
    for (Split split : Split.values()) {
      ImageDataset all = Datasets.mnist(split);
      byte[] labels = Arrays.copyOf(all.labels(), IMAGES);
      labels[IMAGES - 1] = (byte) lastLabel;
      String name = split == Split.TRAIN ? "train" : "t10k";
      write(
          folder.resolve(name + "-images-idx3-ubyte"),
          new int[] {IMAGES, 28, 28},
          Arrays.copyOf(all.pixels(), IMAGES * 28 * 28));
      write(folder.resolve(name + "-labels-idx1-ubyte"), new int[] {IMAGES}, labels);
    }
    return folder;
  }

  private static void write(Path file, int[] shape, byte[] values) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(4 + 4 * shape.length).putInt(0x0800 | shape.length);
    Arrays.stream(shape).forEach(header::putInt);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(header.array());
      out.write(values);
    }
  }
}
