package io.streamgrad.format.state;

import io.streamgrad.model.LastGood;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.PrequentialScore;
import io.streamgrad.model.Progress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What builds before layout 3 have stored, little-endian; it is read and no longer written. {@link
 * Numbers} draws layers, score, parameters and statistics:
 *
 * <pre>
 *   offset  bytes  field
 *        0    4    magic "SGRD"
 *        4    2    layout version: 1, or 2 of a model that had a journal of batches beside it
 *        6    1    bit 0: has averaged parameters, bit 1: has pixel statistics, bit 2: diverged
 *        7    1    K, number of optimizer moments
 *        8    8    model version: updates applied
 *       16    8    lineage: offset of the last batch
 *       24    4    lineage: its partition
 *       28    4    updates skipped in a row
 *       32    8    updates skipped
 *       40    8    time stamp at which the report window began, milliseconds
 *       48    8    last gradient norm, double
 *       56    8    last learning rate, double
 *       64    4    length of everything up to the end, in bytes
 *       68    .    layers
 *        .    .    score: lifetime, window
 *        .    .    parameters; averaged parameters, if any; moments, K times; statistics, if any
 * </pre>
 *
 * <p>The last good weights of such a model are those that it now predicts with. Where these are not
 * finite the model has diverged and what was good is lost: then all weights become zero, which
 * predict every class alike.
 */
final class EarlierLayouts {
  private static final short FIRST = 1;
  private static final short LAST = 2;

  private static final int FIXED_BYTES = 68;
  private static final int HAS_AVERAGE = 1;
  private static final int HAS_STATISTICS = 1 << 1;
  private static final int DIVERGED = 1 << 2;

  private EarlierLayouts() {}

  /** Whether a layout version is one of them. */
  static boolean has(short layoutVersion) {
    return layoutVersion >= FIRST && layoutVersion <= LAST;
  }

  /** Reads on behind the layout version. */
  static ModelEntry decode(ByteBuffer in) {
    int flags = in.get();
    int moments = in.get();
    if ((flags & ~(HAS_AVERAGE | HAS_STATISTICS | DIVERGED)) != 0 || moments < 0) {
      throw new UnreadableStateException(
          "stored model is corrupt: flags %d, %d moments".formatted(flags, moments));
    }
    Progress progress = new Progress();
    progress.diverged = (flags & DIVERGED) != 0;
    progress.version = in.getLong();
    long offset = in.getLong();
    int partition = in.getInt();
    progress.skippedInARow = in.getInt();
    progress.updatesSkipped = in.getLong();
    Lineage lineage = new Lineage(partition, offset, in.getLong());
    progress.gradientNorm = in.getDouble();
    progress.learningRate = in.getDouble();
    int length = in.getInt();
    List<Integer> layers = Numbers.getLayers(in);
    // Before anything of that size is made.
    if (length != in.capacity() || length != size(layers, flags, moments)) {
      throw new UnreadableStateException(
          "stored model is corrupt: %d bytes, it says %d, for layers %s"
              .formatted(in.capacity(), length, layers));
    }
    PrequentialScore lifetime = Numbers.getScore(in, layers);
    PrequentialScore window = Numbers.getScore(in, layers);
    Parameters parameters = Numbers.getParameters(in, layers);
    Parameters average = (flags & HAS_AVERAGE) != 0 ? Numbers.getParameters(in, layers) : null;
    List<Parameters> optimizerMoments = new ArrayList<>();
    for (int k = 0; k < moments; k++) {
      optimizerMoments.add(Numbers.getParameters(in, layers));
    }
    PixelStatistics statistics =
        (flags & HAS_STATISTICS) != 0 ? Numbers.getStatistics(in, layers) : null;
    countLearned(progress, lifetime);
    progress.historySince = offset;
    LastGood lastGood = lastGood(average != null ? average : parameters, progress.version);
    ModelState state =
        new ModelState(
            parameters,
            average,
            optimizerMoments,
            statistics,
            lastGood,
            lifetime,
            window,
            progress);
    if (!state.isFinite()) {
      state.diverge();
    }
    return new ModelEntry(state, lineage);
  }

  /**
   * Every update is a batch learned from. How many images were in them is known where no batch was
   * scored without an update, and is taken to be their share where one was.
   */
  private static void countLearned(Progress progress, PrequentialScore lifetime) {
    long batches = lifetime.snapshot().batches();
    progress.batchesLearned = progress.version;
    progress.imagesLearned =
        progress.version >= batches
            ? lifetime.images()
            : Math.round((double) lifetime.images() * progress.version / batches);
  }

  private static LastGood lastGood(Parameters predicting, long version) {
    return predicting.isFinite()
        ? LastGood.inherited(predicting, version)
        : LastGood.inherited(Parameters.zeros(predicting.layers()), version);
  }

  private static long size(List<Integer> layers, int flags, int moments) {
    int copies = 1 + moments + ((flags & HAS_AVERAGE) != 0 ? 1 : 0);
    long parameters = Numbers.parametersSize(layers);
    if (parameters > Integer.MAX_VALUE) {
      return -1;
    }
    return FIXED_BYTES
        + Numbers.layersSize(layers)
        + 2 * Numbers.scoreSize(layers)
        + copies * parameters
        + ((flags & HAS_STATISTICS) != 0 ? Numbers.statisticsSize(layers) : 0);
  }
}
