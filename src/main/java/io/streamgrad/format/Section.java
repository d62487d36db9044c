package io.streamgrad.format;

import io.streamgrad.model.Archive;
import io.streamgrad.model.Challenger;
import io.streamgrad.model.Control;
import io.streamgrad.model.DriftDetector;
import io.streamgrad.model.DriftSpec;
import io.streamgrad.model.LastGood;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OpenBatch;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.ReplayBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sections of a stored model, in the order in which they lie: what a state is made of, and how
 * it is written and read. {@link Numbers} draws layers, score, parameters and statistics.
 *
 * <p>The weights, of which the SHA-256 is taken, are {@link #PARAMETERS} to {@link #MEANS}.
 */
enum Section {
  /** Layers. */
  SHAPE("SHAP") {
    @Override
    long size(ModelState state) {
      return Numbers.layersSize(state.parameters().layers());
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      Numbers.put(out, model.state().parameters().layers());
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.layers = Numbers.getLayers(in);
      if (parts.allowed != null && !parts.allowed.equals(parts.layers)) {
        throw new UnreadableStateException(
            "the state has layers %s, configured are %s".formatted(parts.layers, parts.allowed));
      }
    }
  },

  /**
   * 8 version, 8 batches learned from, 8 images in these, 8 updates skipped, 8 last gradient norm
   * (double), 8 last learning rate (double), 4 updates skipped in a row, 4 whether diverged: 0 or
   * 1.
   */
  PROGRESS("PROG") {
    @Override
    long size(ModelState state) {
      return 6 * Long.BYTES + 2 * Integer.BYTES;
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      ModelState.Progress progress = model.state().progress();
      out.putLong(progress.version);
      out.putLong(progress.batchesLearned).putLong(progress.imagesLearned);
      out.putLong(progress.updatesSkipped);
      out.putDouble(progress.gradientNorm).putDouble(progress.learningRate);
      out.putInt(progress.skippedInARow).putInt(progress.diverged ? 1 : 0);
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      ModelState.Progress progress = new ModelState.Progress();
      progress.version = in.getLong();
      progress.batchesLearned = in.getLong();
      progress.imagesLearned = in.getLong();
      progress.updatesSkipped = in.getLong();
      progress.gradientNorm = in.getDouble();
      progress.learningRate = in.getDouble();
      progress.skippedInARow = in.getInt();
      int diverged = in.getInt();
      if ((diverged & ~1) != 0) {
        throw new UnreadableStateException("stored model is corrupt: diverged is " + diverged);
      }
      progress.diverged = diverged == 1;
      parts.progress = progress;
    }
  },

  /** 8 offset of the last batch, 8 time stamp at which the report window began, 4 partition. */
  LINEAGE("LINE") {
    @Override
    long size(ModelState state) {
      return 2 * Long.BYTES + Integer.BYTES;
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      Lineage lineage = model.lineage();
      out.putLong(lineage.offset()).putLong(lineage.windowStart()).putInt(lineage.partition());
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      long offset = in.getLong();
      long windowStart = in.getLong();
      parts.lineage = new Lineage(in.getInt(), offset, windowStart);
    }
  },

  /**
   * 8 number over all that came of the batches, {@link ModelState#remember}; 8 offset of the batch
   * after which it began with 0, -1 if that was at the model's birth. States of versions before it
   * do not have it: there it begins.
   */
  HISTORY("HIST") {
    @Override
    long size(ModelState state) {
      return 2 * Long.BYTES;
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      ModelState.Progress progress = model.state().progress();
      out.putLong(progress.history).putLong(progress.historySince);
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.history = in.getLong();
      parts.historySince = in.getLong();
    }
  },

  /** Lifetime score, score of the window. */
  SCORES("SCOR") {
    @Override
    long size(ModelState state) {
      return 2 * Numbers.scoreSize(state.parameters().layers());
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      Numbers.put(out, model.state().lifetime().snapshot());
      Numbers.put(out, model.state().window().snapshot());
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      require(in, 2 * Numbers.scoreSize(parts.layers()));
      parts.lifetime = Numbers.getScore(in, parts.layers());
      parts.window = Numbers.getScore(in, parts.layers());
    }
  },

  /** Parameters. */
  PARAMETERS("PARA") {
    @Override
    long size(ModelState state) {
      return Numbers.parametersSize(state.parameters().layers());
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      Numbers.put(out, model.state().parameters());
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      require(in, Numbers.parametersSize(parts.layers()));
      parts.parameters = Numbers.getParameters(in, parts.layers());
    }
  },

  /** Averaged parameters; only where there are any. */
  AVERAGE("AVER") {
    @Override
    long size(ModelState state) {
      return state.average() == null ? 0 : PARAMETERS.size(state);
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      Parameters average = model.state().average();
      if (average != null) {
        Numbers.put(out, average);
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      require(in, Numbers.parametersSize(parts.layers()));
      parts.average = Numbers.getParameters(in, parts.layers());
    }
  },

  /** The optimizer's moments, one after the other, each as parameters; only where there are any. */
  MOMENTS("MOME") {
    @Override
    long size(ModelState state) {
      return state.moments().size() * PARAMETERS.size(state);
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      for (Parameters moment : model.state().moments()) {
        Numbers.put(out, moment);
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      long one = Numbers.parametersSize(parts.layers());
      long count = in.remaining() / one;
      require(in, count * one);
      List<Parameters> moments = new ArrayList<>();
      for (long m = 0; m < count; m++) {
        moments.add(Numbers.getParameters(in, parts.layers()));
      }
      parts.moments = moments;
    }
  },

  /** Pixel statistics; only where inputs are standardised. */
  STATISTICS("STAT") {
    @Override
    long size(ModelState state) {
      PixelStatistics statistics = state.statistics();
      return statistics == null || statistics.centerOnly()
          ? 0
          : Numbers.statisticsSize(state.parameters().layers());
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      PixelStatistics statistics = model.state().statistics();
      if (statistics != null && !statistics.centerOnly()) {
        Numbers.put(out, statistics);
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      require(in, Numbers.statisticsSize(parts.layers()));
      parts.statistics = Numbers.getStatistics(in, parts.layers());
    }
  },

  /** Pixel means; only where inputs are centred. */
  MEANS("MEAN") {
    @Override
    long size(ModelState state) {
      PixelStatistics statistics = state.statistics();
      return statistics == null || !statistics.centerOnly()
          ? 0
          : Numbers.meansSize(state.parameters().layers());
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      PixelStatistics statistics = model.state().statistics();
      if (statistics != null && statistics.centerOnly()) {
        Numbers.putMeans(out, statistics);
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      require(in, Numbers.meansSize(parts.layers()));
      if (parts.statistics != null) {
        throw new UnreadableStateException(
            "stored model is corrupt: inputs are both standardised and centred");
      }
      parts.statistics = Numbers.getMeans(in, parts.layers());
    }
  },

  /**
   * 8 their version, 8 sum of losses (double) and 8 images of the evidence, 8 x 16 means of the
   * last looks (double), then the last good weights as parameters.
   */
  LAST_GOOD("GOOD") {
    @Override
    long size(ModelState state) {
      return (3 + LastGood.LOOKS) * Long.BYTES + PARAMETERS.size(state);
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      LastGood good = model.state().lastGood();
      out.putLong(good.version()).putDouble(good.lossSum()).putLong(good.images());
      for (double mean : good.means()) {
        out.putDouble(mean);
      }
      Numbers.put(out, good.parameters());
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      require(in, (3 + LastGood.LOOKS) * Long.BYTES + Numbers.parametersSize(parts.layers()));
      long version = in.getLong();
      double lossSum = in.getDouble();
      long images = in.getLong();
      double[] means = new double[LastGood.LOOKS];
      for (int look = 0; look < means.length; look++) {
        means[look] = in.getDouble();
      }
      parts.lastGood =
          new LastGood(Numbers.getParameters(in, parts.layers()), version, means, lossSum, images);
    }
  },

  /**
   * 4 the detector's kind: 1 {@code adwin}, 2 {@code page-hinkley}, 3 {@code two-averages}; then
   * its numbers, 8 each (double); only where something looks for drift.
   */
  DRIFT("DRIF") {
    @Override
    long size(ModelState state) {
      DriftDetector detector = state.drift().detector();
      return detector == null ? 0 : Integer.BYTES + (long) Double.BYTES * detector.numbers().length;
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      DriftDetector detector = model.state().drift().detector();
      if (detector != null) {
        out.putInt(KINDS.indexOf(detector.kind()));
        for (double number : detector.numbers()) {
          out.putDouble(number);
        }
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      int kind = in.getInt();
      if (kind < 1 || kind >= KINDS.size()) {
        throw new UnreadableStateException("stored model is corrupt: a detector of kind " + kind);
      }
      double[] numbers = new double[DriftDetector.size(KINDS.get(kind))];
      require(in, (long) Double.BYTES * numbers.length);
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
  },

  /** What {@link ReplayLayout} draws; only where images are learned from again. */
  REPLAY("REPL") {
    @Override
    long size(ModelState state) {
      return state.replay() == null ? 0 : ReplayLayout.size(state.replay(), inputs(state));
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      ReplayBuffer replay = model.state().replay();
      if (replay != null) {
        ReplayLayout.write(replay, inputs(model.state()), out);
      }
    }

    private int inputs(ModelState state) {
      return state.parameters().layers().get(0);
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.replay = ReplayLayout.read(in, parts.layers());
    }
  },

  /** 8 the version at which the average began anew; only where it has. */
  AVERAGE_SINCE("SINC") {
    @Override
    long size(ModelState state) {
      return state.averageSince() == 0 ? 0 : Long.BYTES;
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      if (model.state().averageSince() != 0) {
        out.putLong(model.state().averageSince());
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.averageSince = in.getLong();
      if (parts.averageSince < 1 || parts.average == null) {
        throw new UnreadableStateException(
            "stored model is corrupt: an average since version " + parts.averageSince);
      }
    }
  },

  /** 8 the version from which on the learning rate is higher; only where it is. */
  BOOSTED_SINCE("BOOS") {
    @Override
    long size(ModelState state) {
      return state.drift().boostedSince() == 0 ? 0 : Long.BYTES;
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      if (model.state().drift().boostedSince() != 0) {
        out.putLong(model.state().drift().boostedSince());
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.boostedSince = in.getLong();
      if (parts.boostedSince < 1) {
        throw new UnreadableStateException(
            "stored model is corrupt: a higher rate since version " + parts.boostedSince);
      }
    }
  },

  /** What {@link ChallengerLayout} draws; only where there is a challenger. */
  CHALLENGER("CHAL") {
    @Override
    long size(ModelState state) {
      return state.drift().challenger() == null
          ? 0
          : ChallengerLayout.size(state.drift().challenger());
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      Challenger challenger = model.state().drift().challenger();
      if (challenger != null) {
        ChallengerLayout.write(challenger, out);
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.challenger = ChallengerLayout.read(in, parts.layers());
    }
  },

  /**
   * Earlier models, newest first: 8 updates since their average began, then their weights as
   * parameters; only where there are any.
   */
  ARCHIVE("ARCH") {
    @Override
    long size(ModelState state) {
      return state.drift().archive().models().size() * one(state.parameters().layers());
    }

    private long one(List<Integer> layers) {
      return Long.BYTES + Numbers.parametersSize(layers);
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      for (Archive.Earlier earlier : model.state().drift().archive().models()) {
        out.putLong(earlier.updates());
        Numbers.put(out, earlier.weights());
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      long count = in.remaining() / one(parts.layers());
      require(in, count * one(parts.layers()));
      for (long i = 0; i < count; i++) {
        long updates = in.getLong();
        if (updates < 0) {
          throw new UnreadableStateException(
              "stored model is corrupt: an earlier model of %d updates".formatted(updates));
        }
        Parameters weights = Numbers.getParameters(in, parts.layers());
        parts.archive.add(new Archive.Earlier(weights, updates));
      }
    }
  },

  /** What {@link PendingLayout} draws; only where labels may come after their images. */
  PENDING("PEND") {
    @Override
    long size(ModelState state) {
      return state.pending() == null ? 0 : PendingLayout.size(state.pending(), classes(state));
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      if (model.state().pending() != null) {
        PendingLayout.write(
            model.lineage().labels(), model.state().pending(), classes(model.state()), out);
      }
    }

    private int classes(ModelState state) {
      return classes(state.parameters().layers());
    }

    private int classes(List<Integer> layers) {
      return layers.get(layers.size() - 1);
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.labels = in.getLong();
      parts.pending = PendingLayout.read(in, classes(parts.layers()));
    }
  },

  /**
   * 8 offset of the last command that had an effect, then what {@link ControlLayout} draws; only
   * where a command has had one.
   */
  CONTROL("CTRL") {
    @Override
    long size(ModelState state) {
      return state.control().equals(Control.NONE)
          ? 0
          : Long.BYTES + ControlLayout.size(state.control());
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      if (size(model.state()) > 0) {
        out.putLong(model.lineage().commands());
        ControlLayout.write(model.state().control(), out);
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.commands = in.getLong();
      parts.control = ControlLayout.read(in);
      if (parts.control.equals(Control.NONE)) {
        throw new UnreadableStateException(
            "stored model is corrupt: commands that changed nothing");
      }
    }
  },

  /** What {@link OpenBatchLayout} draws; only where labeled images wait to be learned together. */
  OPEN_BATCH("OPEN") {
    @Override
    long size(ModelState state) {
      OpenBatch open = state.open();
      int inputs = state.parameters().layers().get(0);
      return open == null ? 0 : OpenBatchLayout.size(open, inputs);
    }

    @Override
    void write(ModelEntry model, ByteBuffer out) {
      OpenBatch open = model.state().open();
      if (open != null) {
        OpenBatchLayout.write(open, out);
      }
    }

    @Override
    void read(ByteBuffer in, StateParts parts) {
      parts.open = OpenBatchLayout.read(in, parts.layers());
    }
  };

  private static final Section[] ALL = values();

  /** In the order of their numbers, which never change. */
  private static final List<DriftSpec.Detector> KINDS =
      List.of(
          DriftSpec.Detector.NONE,
          DriftSpec.Detector.ADWIN,
          DriftSpec.Detector.PAGE_HINKLEY,
          DriftSpec.Detector.TWO_AVERAGES);

  private final int tag;

  Section(String tag) {
    this.tag = tag(tag);
  }

  /** Its bytes in a state; 0 where a state does not have it. */
  abstract long size(ModelState state);

  /** Writes as many bytes. */
  abstract void write(ModelEntry model, ByteBuffer out);

  /** Reads what the buffer has, which is this section and nothing else. */
  abstract void read(ByteBuffer in, StateParts parts);

  /** All of them, in order; not a copy. */
  static Section[] all() {
    return ALL;
  }

  /** Four letters, as a little-endian int. */
  int tag() {
    return tag;
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

  void require(ByteBuffer in, long bytes) {
    if (in.remaining() != bytes) {
      throw new UnreadableStateException(
          "stored model is corrupt: section %s has %d bytes and not %d"
              .formatted(this, in.remaining(), bytes));
    }
  }
}
