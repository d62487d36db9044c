package io.streamgrad.format.state;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The sections of a stored model, in the order in which they lie: what a state is made of. The
 * layouts draw what is in them.
 *
 * <p>The weights, of which the SHA-256 is taken, are {@link #PARAMETERS} to {@link #MEANS}.
 */
enum Section {
  SHAPE("SHAP", new ShapeLayout()),
  PROGRESS("PROG", new ProgressLayout()),
  LINEAGE("LINE", new LineageLayout()),
  HISTORY("HIST", new HistoryLayout()),
  SCORES("SCOR", new ScoresLayout()),
  PARAMETERS("PARA", new ParametersLayout()),
  AVERAGE("AVER", new AverageLayout()),
  MOMENTS("MOME", new MomentsLayout()),
  STATISTICS("STAT", new StatisticsLayout()),
  MEANS("MEAN", new MeansLayout()),
  LAST_GOOD("GOOD", new LastGoodLayout()),
  DRIFT("DRIF", new DetectorLayout()),
  REPLAY("REPL", new ReplayLayout()),
  AVERAGE_SINCE("SINC", new AverageSinceLayout()),
  BOOSTED_SINCE("BOOS", new BoostedSinceLayout()),
  CHALLENGER("CHAL", new ChallengerLayout()),
  ARCHIVE("ARCH", new ArchiveLayout()),
  PENDING("PEND", new PendingLayout()),
  CONTROL("CTRL", new CommandedLayout()),
  OPEN_BATCH("OPEN", new OpenBatchLayout());

  private static final Section[] ALL = values();

  private final int tag;

  @SuppressWarnings("Immutable") // layouts have no fields
  private final SectionLayout layout;

  Section(String tag, SectionLayout layout) {
    this.tag = tag(tag);
    this.layout = layout;
  }

  /** All of them, in order; not a copy. */
  static Section[] all() {
    return ALL;
  }

  /** Four letters, as a little-endian int. */
  int tag() {
    return tag;
  }

  /** How it lies. */
  SectionLayout layout() {
    return layout;
  }

  /** The section of a tag; null if there is none. */
  static @Nullable Section of(int tag) {
    for (Section section : ALL) {
      if (section.tag == tag) {
        return section;
      }
    }
    return null;
  }

  private static int tag(String letters) {
    int tag = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      tag |= letters.charAt(i) << (Byte.SIZE * i);
    }
    return tag;
  }

  /** Checks how many bytes are left, before anything is allocated for them. */
  void require(ByteBuffer in, long bytes) {
    if (in.remaining() != bytes) {
      throw new UnreadableStateException(
          "stored model is corrupt: section %s has %d bytes and not %d"
              .formatted(this, in.remaining(), bytes));
    }
  }
}
