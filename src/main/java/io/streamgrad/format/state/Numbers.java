package io.streamgrad.format.state;

import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.PrequentialScore;
import io.streamgrad.model.ScoreSnapshot;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.ejml.data.FMatrixRMaj;

/**
 * How the numbers of a model lie in a layout, in the byte order of the buffer:
 *
 * <pre>
 *   layers      4 D, number of layers, input included; 4 D widths, input first; C is the last one
 *   score       8 images, 8 batches, 8 correct, 8 sum of losses (double), 8 C C confusion counts
 *   parameters  4 P: W1 row-major, b1, W2, b2, ...
 *   statistics  8 images, 8 sums for each input, 8 squares for each input
 *   means       8 images, 8 sums for each input
 * </pre>
 *
 * <p>Callers check the length before they read, so that nothing is allocated for which there are
 * too few bytes.
 */
final class Numbers {
  private static final int SCORE_FIXED_BYTES = 4 * Long.BYTES;

  private Numbers() {}

  static long layersSize(List<Integer> layers) {
    return Integer.BYTES * (1L + layers.size());
  }

  static void put(ByteBuffer out, List<Integer> layers) {
    out.putInt(layers.size());
    layers.forEach(out::putInt);
  }

  static List<Integer> getLayers(ByteBuffer in) {
    int count = in.getInt();
    if (count < 2 || count > in.remaining() / Integer.BYTES) {
      throw new UnreadableStateException("stored model is corrupt: " + count + " layers");
    }
    Integer[] layers = new Integer[count];
    for (int layer = 0; layer < count; layer++) {
      layers[layer] = in.getInt();
      if (layers[layer] < 1) {
        throw new UnreadableStateException("stored model is corrupt: a layer of " + layers[layer]);
      }
    }
    return List.of(layers);
  }

  static long scoreSize(List<Integer> layers) {
    long classes = layers.get(layers.size() - 1);
    return SCORE_FIXED_BYTES + Long.BYTES * classes * classes;
  }

  static void put(ByteBuffer out, ScoreSnapshot score) {
    out.putLong(score.images()).putLong(score.batches()).putLong(score.correct());
    out.putDouble(score.lossSum());
    put(out, score.confusion());
  }

  static PrequentialScore getScore(ByteBuffer in, List<Integer> layers) {
    int classes = layers.get(layers.size() - 1);
    return new PrequentialScore(
        new ScoreSnapshot(
            in.getLong(),
            in.getLong(),
            in.getLong(),
            in.getDouble(),
            getLongs(in, classes * classes)));
  }

  /** The length of one number for each parameter; more than an array holds where that overflows. */
  static long parametersSize(List<Integer> layers) {
    long parameters = 0;
    for (int l = 1; l < layers.size(); l++) {
      parameters += (layers.get(l - 1) + 1L) * layers.get(l);
      if (parameters > Integer.MAX_VALUE) {
        return Long.MAX_VALUE / Float.BYTES;
      }
    }
    return Float.BYTES * parameters;
  }

  static void put(ByteBuffer out, Parameters parameters) {
    for (FMatrixRMaj tensor : parameters.tensors()) {
      out.asFloatBuffer().put(tensor.data);
      out.position(out.position() + Float.BYTES * tensor.data.length);
    }
  }

  static Parameters getParameters(ByteBuffer in, List<Integer> layers) {
    Parameters parameters = Parameters.zeros(layers);
    for (FMatrixRMaj tensor : parameters.tensors()) {
      in.asFloatBuffer().get(tensor.data);
      in.position(in.position() + Float.BYTES * tensor.data.length);
    }
    return parameters;
  }

  static long statisticsSize(List<Integer> layers) {
    return Long.BYTES * (1 + 2L * layers.get(0));
  }

  static void put(ByteBuffer out, PixelStatistics statistics) {
    putMeans(out, statistics);
    put(out, Objects.requireNonNull(statistics.squares()));
  }

  static PixelStatistics getStatistics(ByteBuffer in, List<Integer> layers) {
    return new PixelStatistics(
        in.getLong(), getLongs(in, layers.get(0)), getLongs(in, layers.get(0)));
  }

  static long meansSize(List<Integer> layers) {
    return Long.BYTES * (1L + layers.get(0));
  }

  static void putMeans(ByteBuffer out, PixelStatistics statistics) {
    out.putLong(statistics.images());
    put(out, statistics.sums());
  }

  static PixelStatistics getMeans(ByteBuffer in, List<Integer> layers) {
    return new PixelStatistics(in.getLong(), getLongs(in, layers.get(0)), null);
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
}
