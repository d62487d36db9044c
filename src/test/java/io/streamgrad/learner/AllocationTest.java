package io.streamgrad.learner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.model.Challenger;
import io.streamgrad.model.DriftSpec;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A step allocates its prediction and nothing else. Where HotSpot can't keep a vector in a register
 * it allocates it instead, and a kernel may be several times slower for as long as the JVM lives.
 * JDK 17 allocates the vectors of the softmax, about 80 kB a step; those of a tile would be 6 MB.
 */
class AllocationTest {
  private static final int IMAGES = 64;
  // Logits, their sums, probabilities and predicted classes are 5.8 kB; a vector an image, 6 kB
  // more.
  private static final int ALLOWED_BYTES = Runtime.version().feature() < 25 ? 200_000 : 8_000;

  private static final int STEPS_A_LOOK = 500;
  private static final int LOOKS = 60;
  // On a busy machine HotSpot of 17 gives about one process in thirty code that allocates vectors.
  private static final int PROCESSES = 3;

  /** Trains until a step allocates no more than allowed, or for long; prints by how much. */
  static final class Training {
    public static void main(String[] args) {
      ModelSpec config =
          ConfigLoader.load(
                  null,
                  Map.of(),
                  Map.of(
                      "model.layers", args[0],
                      "model.input-scaling", args[1],
                      "model.drift.detector", "adwin",
                      "model.drift.response", args[3],
                      "model.replay.images", args[2],
                      "model.replay.shift", "1"))
              .model("mnist");
      ModelState state = ModelState.initial(config);
      if (competes(config)) {
        state
            .drift()
            .keepChallenger(
                new Challenger(
                    state.competing(state.parameters().copy(), null, List.of(), 0),
                    new Challenger.Counters()));
      }
      Learner learner = new Learner(config);
      List<MiniBatch> batches = new ArrayList<>();
      for (Batch images : Batches.of(Datasets.mnist(Split.TRAIN), IMAGES).limit(100 * IMAGES)) {
        batches.add(MiniBatch.of(config.inputs(), images.pixels(), images.labels()));
      }
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long bytes = Long.MAX_VALUE;
      for (int look = 0; look < LOOKS && bytes > allowed(config); look++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int step = 0; step < STEPS_A_LOOK; step++) {
          MiniBatch batch = batches.get(step % batches.size());
          Steps.take(learner, state, batch);
        }
        bytes = (threads.getCurrentThreadAllocatedBytes() - before) / STEPS_A_LOOK;
      }
      System.out.println(bytes - allowed(config));
    }
  }

  private static boolean competes(ModelSpec config) {
    return config.drift().response() == DriftSpec.Response.CHALLENGER;
  }

  /** Learning again, and a challenger, are steps, which only show where vectors are allocated. */
  private static long allowed(ModelSpec config) {
    boolean twoSteps = config.replay().images() > 0 || competes(config);
    return twoSteps && Runtime.version().feature() < 25 ? 2 * ALLOWED_BYTES : ALLOWED_BYTES;
  }

  @ParameterizedTest
  @CsvSource({
    "'[784, 10, 10]', unit, 0, report",
    "'[784, 10, 10]', center, 0, report",
    "'[784, 10, 10]', center, 0, challenger",
    "'[784, 10, 10]', center, 1000, report",
    "'[784, 40, 20, 10]', unit, 0, report"
  })
  void givenCompiledCodeWhenTrainedThenOnlyPredictionsAreAllocated(
      String layers, String scaling, String replay, String response)
      throws IOException, InterruptedException {
    long beyond = Long.MAX_VALUE;
    for (int process = 0; process < PROCESSES && beyond > 0; process++) {
      beyond = Math.min(beyond, train(layers, scaling, replay, response));
    }
    assertThat(beyond).as("bytes beyond those allowed").isNotPositive();
  }

  private static long train(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Training.class.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return Long.parseLong(output.strip());
  }
}
