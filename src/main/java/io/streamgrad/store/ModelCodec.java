package io.streamgrad.store;

import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Parameters;
import io.streamgrad.learner.PixelStatistics;
import io.streamgrad.learner.Score;
import io.streamgrad.learner.ScoreSnapshot;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.ejml.data.FMatrixRMaj;

/**
 * The binary layout of a stored model, little-endian throughout:
 *
 * <pre>
 *   offset  bytes        field
 *        0      4        magic "SGRD"
 *        4      2        layout version: 1, or 2 if batches of the journal may follow
 *        6      1        bit 0: has averaged parameters, bit 1: has pixel statistics, bit 2: diverged
 *        7      1        K, number of optimizer moments
 *        8      8        model version: updates applied
 *       16      8        lineage: offset of the last batch
 *       24      4        lineage: its partition
 *       28      4        updates skipped in a row
 *       32      8        updates skipped
 *       40      8        time stamp at which the report window began, milliseconds
 *       48      8        last gradient norm, double
 *       56      8        last learning rate, double
 *       64      4        length of everything up to the end, in bytes
 *       68      4        D, number of layers, input included
 *       72   4  D        width of each layer, input first; C is the last one
 *        .      score    lifetime
 *        .      score    window
 *        .   4  P        parameters: W1 row-major, b1, W2, b2, ...         -+
 *        .   4  P        averaged parameters, if any                        | the weights, what
 *        .   4  P K      optimizer moments                                  | SHA-256 is taken of
 *        .   8 + 16 D[0] pixel statistics, if any: images, sums, squares   -+
 *
 *   score:   8 images, 8 batches, 8 correct, 8 sum of losses (double), 8 C C confusion counts
 * </pre>
 *
 * <p>Equal states have equal bytes.
 */
public final class ModelCodec {
  static final int MAGIC = 0x44524753; // "SGRD" read as a little-endian int
  static final short LAYOUT_VERSION = 1;

  /** The same, but who does not know of journals must not read it: there may be more. */
  static final short JOURNALED = 2;

  private static final int LENGTH_OFFSET = 64;
  private static final int FIXED_BYTES = LENGTH_OFFSET + 2 * Integer.BYTES;
  private static final int SCORE_FIXED_BYTES = 4 * Long.BYTES;
  private static final int HAS_AVERAGE = 1;
  private static final int HAS_STATISTICS = 1 << 1;
  private static final int DIVERGED = 1 << 2;

  private ModelCodec() {}

  /** The bytes of a model. */
  public static byte[] encode(StoredModel model) {
    return encode(model, new byte[0], LAYOUT_VERSION);
  }

  /** The length of a model's bytes. */
  static int size(StoredModel model) {
    ModelState state = model.state();
    List<Integer> layers = state.parameters().layers();
    int copies = 1 + (state.average() != null ? 1 : 0) + state.moments().size();
    int size = size(layers, copies, state.statistics() != null);
    if (size < 0) {
      throw new IllegalArgumentException("a model of layers " + layers + " is too large to store");
    }
    return size;
  }

  /** The bytes of a model, in {@code reused} if that is exactly as long. */
  static byte[] encode(StoredModel model, byte[] reused, short layoutVersion) {
    ModelState state = model.state();
    ModelState.Progress progress = state.progress();
    List<Integer> layers = state.parameters().layers();
    int size = size(model);
    byte[] bytes = reused.length == size ? reused : new byte[size];
    ByteBuffer out = buffer(bytes);
    out.putInt(MAGIC).putShort(layoutVersion);
    out.put(
        (byte)
            ((state.average() != null ? HAS_AVERAGE : 0)
                | (state.statistics() != null ? HAS_STATISTICS : 0)
                | (progress.diverged ? DIVERGED : 0)));
    out.put((byte) state.moments().size());
    out.putLong(progress.version);
    out.putLong(model.lineage().offset()).putInt(model.lineage().partition());
    out.putInt(progress.skippedInARow).putLong(progress.updatesSkipped);
    out.putLong(model.lineage().windowStart());
    out.putDouble(progress.gradientNorm).putDouble(progress.learningRate);
    out.putInt(bytes.length).putInt(layers.size());
    layers.forEach(out::putInt);
    put(out, state.lifetime().snapshot());
    put(out, state.window().snapshot());
    put(out, state.parameters());
    if (state.average() != null) {
      put(out, state.average());
    }
    state.moments().forEach(moment -> put(out, moment));
    if (state.statistics() != null) {
      out.putLong(state.statistics().images());
      put(out, state.statistics().sums());
      put(out, state.statistics().squares());
    }
    return bytes;
  }

  /**
   * The model of these bytes.
   *
   * @throws UnreadableStateException if they are of another layout, or not a model at all
   */
  public static StoredModel decode(byte[] bytes) {
    ByteBuffer in = buffer(bytes);
    try {
      if (in.getInt() != MAGIC) {
        throw new UnreadableStateException("not a stored model: it does not begin with SGRD");
      }
      short layout = in.getShort();
      if (layout != LAYOUT_VERSION && layout != JOURNALED) {
        throw new UnreadableStateException(
            "stored model has layout version %d, this version of Streamgrad reads %d and %d; run the version that wrote it, or train anew under another application-id"
                .formatted(layout, LAYOUT_VERSION, JOURNALED));
      }
      return decodeBody(in);
    } catch (BufferUnderflowException e) {
      throw new UnreadableStateException("stored model is truncated at " + bytes.length + " bytes");
    }
  }

  /** The layout version of a model's bytes. */
  static short layoutVersion(byte[] bytes) {
    return buffer(bytes).getShort(Integer.BYTES);
  }

  private static StoredModel decodeBody(ByteBuffer in) {
    int flags = in.get();
    int moments = in.get();
    if ((flags & ~(HAS_AVERAGE | HAS_STATISTICS | DIVERGED)) != 0 || moments < 0) {
      throw new UnreadableStateException(
          "stored model is corrupt: flags %d, %d moments".formatted(flags, moments));
    }
    ModelState.Progress progress = new ModelState.Progress();
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
    List<Integer> layers = getLayers(in);
    int copies = 1 + ((flags & HAS_AVERAGE) != 0 ? 1 : 0) + moments;
    // Before anything of that size is made.
    if (length != in.capacity() || length != size(layers, copies, (flags & HAS_STATISTICS) != 0)) {
      throw new UnreadableStateException(
          "stored model is corrupt: %d bytes, it says %d, for layers %s"
              .formatted(in.capacity(), length, layers));
    }
    int classes = layers.get(layers.size() - 1);
    Score lifetime = getScore(in, classes);
    Score window = getScore(in, classes);
    Parameters parameters = getParameters(in, layers);
    Parameters average = (flags & HAS_AVERAGE) != 0 ? getParameters(in, layers) : null;
    List<Parameters> optimizerMoments = new ArrayList<>();
    for (int k = 0; k < moments; k++) {
      optimizerMoments.add(getParameters(in, layers));
    }
    PixelStatistics statistics =
        (flags & HAS_STATISTICS) != 0
            ? new PixelStatistics(
                in.getLong(), getLongs(in, layers.get(0)), getLongs(in, layers.get(0)))
            : null;
    return new StoredModel(
        new ModelState(
            parameters, average, optimizerMoments, statistics, lifetime, window, progress),
        lineage);
  }

  /**
   * The SHA-256 of a model's weights, in hexadecimal: of the parameters, the averaged parameters,
   * the optimizer's moments and the pixel statistics, as they lie in the layout. Neither version
   * nor score nor lineage is in it: the same numbers have the same hash.
   */
  public static String weightsSha256(StoredModel model) {
    try {
      byte[] bytes = encode(model);
      int start = weightsOffset(model.state().parameters().layers());
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, start, bytes.length - start);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static List<Integer> getLayers(ByteBuffer in) {
    int count = in.getInt();
    if (count < 2 || count > in.remaining() / Integer.BYTES) {
      throw new UnreadableStateException("stored model is corrupt: " + count + " layers");
    }
    List<Integer> layers = new ArrayList<>();
    for (int layer = 0; layer < count; layer++) {
      int width = in.getInt();
      if (width < 1) {
        throw new UnreadableStateException("stored model is corrupt: a layer of " + width);
      }
      layers.add(width);
    }
    return layers;
  }

  private static int weightsOffset(List<Integer> layers) {
    int classes = layers.get(layers.size() - 1);
    int score = SCORE_FIXED_BYTES + Long.BYTES * classes * classes;
    return FIXED_BYTES + Integer.BYTES * layers.size() + 2 * score;
  }

  /**
   * The length of a model in bytes; -1 if that is more than an array can hold.
   *
   * @param copies of the parameters: themselves, their average, moments
   */
  public static int size(List<Integer> layers, int copies, boolean statistics) {
    try {
      long parameters = 0;
      for (int l = 1; l < layers.size(); l++) {
        parameters =
            Math.addExact(
                parameters, Math.multiplyExact(layers.get(l - 1) + 1L, (long) layers.get(l)));
      }
      long classes = layers.get(layers.size() - 1);
      long scores = 2 * (SCORE_FIXED_BYTES + Math.multiplyExact(Long.BYTES, classes * classes));
      long pixels = statistics ? Long.BYTES * (1 + 2L * layers.get(0)) : 0;
      long weights = Math.multiplyExact((long) Float.BYTES * copies, parameters);
      long header = FIXED_BYTES + (long) Integer.BYTES * layers.size();
      return Math.toIntExact(
          Math.addExact(Math.addExact(header, scores), Math.addExact(pixels, weights)));
    } catch (ArithmeticException e) {
      return -1;
    }
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void put(ByteBuffer out, ScoreSnapshot score) {
    out.putLong(score.images()).putLong(score.batches()).putLong(score.correct());
    out.putDouble(score.lossSum());
    put(out, score.confusion());
  }

  private static Score getScore(ByteBuffer in, int classes) {
    return new Score(
        new ScoreSnapshot(
            in.getLong(),
            in.getLong(),
            in.getLong(),
            in.getDouble(),
            getLongs(in, classes * classes)));
  }

  private static void put(ByteBuffer out, long[] values) {
    out.asLongBuffer().put(values);
    out.position(out.position() + Long.BYTES * values.length);
  }

  private static long[] getLongs(ByteBuffer in, int count) {
    long[] values = new long[count];
    in.asLongBuffer().get(values);
    in.position(in.position() + Long.BYTES * count);
    return values;
  }

  private static void put(ByteBuffer out, Parameters parameters) {
    for (FMatrixRMaj tensor : parameters.tensors()) {
      out.asFloatBuffer().put(tensor.data);
      out.position(out.position() + Float.BYTES * tensor.data.length);
    }
  }

  private static Parameters getParameters(ByteBuffer in, List<Integer> layers) {
    Parameters parameters = Parameters.zeros(layers);
    for (FMatrixRMaj tensor : parameters.tensors()) {
      in.asFloatBuffer().get(tensor.data);
      in.position(in.position() + Float.BYTES * tensor.data.length);
    }
    return parameters;
  }
}
