package io.streamgrad.learner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.kernel.Kernels;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The weights of one training, made by JVMs of every kind that there is here. */
class SameBitsTest {
  private static final String MODULE = "--add-modules=jdk.incubator.vector";
  private static final List<Map<String, String>> MODELS =
      List.of(
          Map.of(
              "model.layers", "[784, 37, 10]",
              "model.input-scaling", "unit",
              "model.optimizer.type", "adam",
              "model.learning-rate.initial", "0.001"),
          Map.of());
  private static final int IMAGES = 6_000;
  private static final List<String> WEIGHTS_SHA256 =
      List.of(
          "0d0ed6bca8464b72afa9a047308285fa4e0210ad7a17d9ad41c5c76a642c4043",
          "a75660b20bb563ff3ca8e7e9173f93661412064eebcd055b0de1eed5db6f52c8");

  /** The training, as a program: prints which kernel it used, and the weights' hashes. */
  static final class Training {
    public static void main(String[] args) {
      List<String> hashes = new ArrayList<>();
      for (Map<String, String> settings : MODELS) {
        ModelSpec config = ConfigLoader.load(null, Map.of(), settings).model("mnist");
        ModelState state = ModelState.initial(config);
        Learner learner = new Learner(config);
        for (Batch images : Batches.of(Datasets.mnist(Split.TRAIN), 50).limit(IMAGES)) {
          MiniBatch batch = MiniBatch.of(config.inputs(), images.pixels(), images.labels());
          Steps.take(learner, state, batch);
        }
        hashes.add(ModelCodec.weightsSha256(new ModelEntry(state, Lineage.NONE)));
      }
      System.out.println(Kernels.describe() + ": " + hashes);
    }
  }

  static Stream<List<String>> jvms() throws IOException {
    List<List<String>> jvms = new ArrayList<>();
    for (String java : javas()) {
      jvms.add(List.of(java));
      for (int bits : new int[] {128, 256, 512}) {
        jvms.add(List.of(java, MODULE, "-D" + Kernels.BITS + "=" + bits));
      }
    }
    String java = javas().get(0);
    jvms.add(List.of(java, MODULE, "-XX:+UseSerialGC"));
    jvms.add(List.of(java, MODULE, "-XX:+UseParallelGC", "-XX:ActiveProcessorCount=1"));
    jvms.add(List.of(java, MODULE, "-XX:TieredStopAtLevel=1"));
    return jvms.stream();
  }

  /** This JVM, and those of other versions where Linux distributions put them. */
  private static List<String> javas() throws IOException {
    Path own = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> javas = new ArrayList<>(List.of(own.toString()));
    Path others = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(others)) {
      try (Stream<Path> homes = Files.list(others)) {
        homes
            .filter(home -> !Files.isSymbolicLink(home))
            .filter(home -> home.getFileName().toString().matches(".*\\b(17|21|25)\\b.*"))
            .map(home -> home.resolve("bin/java"))
            .filter(Files::isExecutable)
            .filter(java -> !java.equals(own))
            .sorted()
            .forEach(java -> javas.add(java.toString()));
      }
    }
    return javas;
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void givenAnyJvmWhenTrainedThenTheWeightsHaveTheSameHash(List<String> jvm)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Training.class.getName()));

    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output)
        .contains(jvm.contains(MODULE) ? "vectors of " : "scalar")
        .contains(": " + WEIGHTS_SHA256);
  }
}
