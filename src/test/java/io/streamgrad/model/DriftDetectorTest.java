package io.streamgrad.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What detectors find in streams of errors, against an independent implementation. */
class DriftDetectorTest {
  private static final Archive.Trial NO_ARCHIVE = (model, weights, batch) -> 0;
  private static final int BATCH = 16;

  /** Errors that come with one chance, and then with another. */
  private record Errors(long seed, int before, double chance, int after, double then) {
    boolean[] all() {
      boolean[] wrong = new boolean[before + after];
      SplitMix64 random = new SplitMix64(seed);
      for (int i = 0; i < wrong.length; i++) {
        wrong[i] = random.nextFloat() < (i < before ? chance : then);
      }
      return wrong;
    }
  }

  private record Golden(Errors errors, DriftSpec.Detector detector, List<Integer> found) {
    static Golden of(String line) {
      String[] fields = line.split(",", -1);
      Errors errors =
          new Errors(
              Long.parseLong(fields[0]),
              Integer.parseInt(fields[1]),
              Double.parseDouble(fields[2]),
              Integer.parseInt(fields[3]),
              Double.parseDouble(fields[4]));
      String name = fields[5].toUpperCase(Locale.ROOT).replace('-', '_');
      List<Integer> found =
          Arrays.stream(fields[6].split(" ", -1))
              .filter(field -> !field.isEmpty())
              .map(Integer::valueOf)
              .toList();
      return new Golden(errors, DriftSpec.Detector.valueOf(name), found);
    }
  }

  static List<Golden> golden() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    DriftDetectorTest.class.getResourceAsStream("/golden/drift.csv")),
                UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(Golden::of)
          .collect(Collectors.toList());
    }
  }

  static Stream<DriftSpec.Detector> detectors() {
    return Arrays.stream(DriftSpec.Detector.values())
        .filter(kind -> kind != DriftSpec.Detector.NONE);
  }

  @ParameterizedTest
  @MethodSource("golden")
  void aRiseIsFoundWhereAnotherImplementationFindsIt(Golden golden) {
    assertThat(found(detector(golden.detector()), golden.errors().all())).isEqualTo(golden.found());
  }

  @ParameterizedTest
  @MethodSource("detectors")
  void whatIsFoundSaysWhatWasCompared(DriftSpec.Detector kind) {
    DriftDetector detector = detector(kind);
    boolean[] errors = new Errors(7, 20_000, 0.1, 1_000, 0.8).all();
    Drift drift = null;
    for (int at = 0; drift == null; at += BATCH) {
      drift = observe(detector, errors, at);
    }

    assertThat(drift.detector()).isEqualTo(kind);
    assertThat(drift.errorBefore()).isBetween(0.08, 0.12);
    assertThat(drift.errorSince()).isGreaterThan(0.15);
    assertThat(drift.imagesBefore()).isGreaterThan(drift.imagesSince());
    assertThat(detector.numbers()).as("it begins anew").containsOnly(0);
  }

  /** At any batch: what goes on from stored numbers finds the same, and has the same numbers. */
  @ParameterizedTest
  @MethodSource("detectors")
  void whatIsReadBackGoesOnAsIfItHadNeverStopped(DriftSpec.Detector kind) {
    boolean[] errors = new Errors(3, 3_000, 0.1, 1_000, 0.6).all();
    DriftDetector whole = detector(kind);
    DriftDetector restored = detector(kind);
    for (int at = 0; at < errors.length; at += BATCH) {
      restored = DriftDetector.of(kind, restored.numbers().clone());

      assertThat(observe(restored, errors, at)).isEqualTo(observe(whole, errors, at));
      assertThat(restored.numbers()).isEqualTo(whole.numbers());
    }
  }

  @ParameterizedTest
  @MethodSource("detectors")
  void noAlarmIsFalseInAMillionImagesOfAModelThatLearnsAndThenStays(DriftSpec.Detector kind) {
    DriftDetector detector = detector(kind);
    SplitMix64 random = new SplitMix64(1);
    boolean[] errors = new boolean[1_000_000];
    for (int i = 0; i < errors.length; i++) {
      errors[i] = random.nextFloat() < 0.08 + 0.8 * Math.exp(-i / 3_000.0);
    }
    int alarms = found(detector, errors).size();
    assertThat(alarms).isLessThanOrEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = UpdateOutcome.class,
      names = {"SKIPPED", "DIVERGED", "IGNORED"})
  void whatIsNotLearnedFromIsNotSeen(UpdateOutcome outcome) {
    ModelSpec spec = spec(DriftSpec.Detector.ADWIN);
    DriftWatch watch = new DriftWatch(spec, NO_ARCHIVE);
    ModelState state = ModelState.initial(spec);
    MiniBatch batch = MiniBatch.of(2, new byte[2], new byte[] {1});
    Prediction wrong =
        new Prediction(0, false, new int[1], new float[2], new float[1], new float[2]);

    watch.observe(state, batch, wrong, new Evaluation(1, 0, 0.5), outcome);
    watch.observe(state, batch, wrong, new Evaluation(1, 0, Double.NaN), UpdateOutcome.UPDATED);

    assertThat(Objects.requireNonNull(state.drift().detector()).numbers()).containsOnly(0);
    watch.observe(state, batch, wrong, new Evaluation(1, 0, 0.5), UpdateOutcome.UPDATED);
    assertThat(state.drift().detector().numbers()).contains(1);
  }

  private static ModelSpec spec(DriftSpec.Detector kind) {
    return new ModelSpec(
        List.of(2, 2),
        1,
        4,
        ModelSpec.InputScaling.UNIT,
        0,
        10,
        new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, 0.1, 0, 1, 0.5),
        new OptimizerSpec(OptimizerSpec.Type.SGD, 0.9, 0.9, 0.999, 1e-8, 0, 0),
        new DriftSpec(kind, DriftSpec.Response.REPORT, 0),
        ReplaySpec.NONE,
        1,
        Duration.ZERO,
        "");
  }

  private static DriftDetector detector(DriftSpec.Detector kind) {
    return Objects.requireNonNull(DriftDetector.of(kind));
  }

  private static List<Integer> found(DriftDetector detector, boolean[] errors) {
    List<Integer> found = new ArrayList<>();
    for (int at = 0; at + BATCH <= errors.length; at += BATCH) {
      if (observe(detector, errors, at) != null) {
        found.add(at + BATCH);
      }
    }
    return found;
  }

  /** A batch of images whose class is 1, of which some are taken for 0. */
  private static @Nullable Drift observe(DriftDetector detector, boolean[] errors, int at) {
    byte[] labels = new byte[BATCH];
    Arrays.fill(labels, (byte) 1);
    int[] classes = new int[BATCH];
    for (int i = 0; i < BATCH; i++) {
      classes[i] = errors[at + i] ? 0 : 1;
    }
    Prediction prediction =
        new Prediction(
            0, false, classes, new float[2 * BATCH], new float[BATCH], new float[2 * BATCH]);
    return detector.observe(prediction, MiniBatch.of(2, new byte[2 * BATCH], labels));
  }
}
