package io.streamgrad.format.state;

import io.streamgrad.model.DriftDetector;
import io.streamgrad.model.DriftSpec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * 4 the detector's kind: 1 {@code adwin}, 2 {@code page-hinkley}, 3 {@code two-averages}; then its
 * numbers, 8 each (double); only where something looks for drift.
 */
final class DetectorLayout implements SectionLayout {
  /** In the order of their numbers, which never change. */
  private static final List<DriftSpec.Detector> KINDS =
      List.of(
          DriftSpec.Detector.NONE,
          DriftSpec.Detector.ADWIN,
          DriftSpec.Detector.PAGE_HINKLEY,
          DriftSpec.Detector.TWO_AVERAGES);

  @Override
  public long size(ModelState state) {
    DriftDetector detector = state.drift().detector();
    return detector == null ? 0 : Integer.BYTES + (long) Double.BYTES * detector.numbers().length;
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    DriftDetector detector = Objects.requireNonNull(model.state().drift().detector());
    out.putInt(KINDS.indexOf(detector.kind()));
    for (double number : detector.numbers()) {
      out.putDouble(number);
    }
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    int kind = in.getInt();
    if (kind < 1 || kind >= KINDS.size()) {
      throw new UnreadableStateException("stored model is corrupt: a detector of kind " + kind);
    }
    double[] numbers = new double[DriftDetector.size(KINDS.get(kind))];
    Section.DRIFT.require(in, (long) Double.BYTES * numbers.length);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = in.getDouble();
    }
    DriftDetector detector = DriftDetector.of(KINDS.get(kind), numbers);
    if (!detector.isSound()) {
      throw new UnreadableStateException(
          "stored model is corrupt: numbers that " + detector.kind() + " can't have");
    }
    parts.detector = detector;
  }
}
