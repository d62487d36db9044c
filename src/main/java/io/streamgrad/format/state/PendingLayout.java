package io.streamgrad.format.state;

import io.streamgrad.model.LateLabels;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PendingBatches.EarlyLabels;
import io.streamgrad.model.Prediction;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How batches lie in a layout whose labels may come later, in the byte order of the buffer; C is
 * the number of classes:
 *
 * <pre>
 *   8 offset of the last record of the labels topic that had an effect
 *   8 offset of the last batch that is no longer waited for; 8 time and 8 last time stamp of the
 *     model, milliseconds; 4 classes C
 *   4 number of batches, each: 8 offset, 8 time stamp, text batch id, 4 M, number of images,
 *     2 M labels (-1: not known), 1 what predicted (0: it is not kept, 1: the weights, 2: the last
 *     good ones), and where it is kept 8 version, 2 M classes, 4 M C logits, 4 M sums
 *   4 number of labels that came early, each: 8 offset, 8 time stamp, 8 offset of the batch,
 *     text batch id, 4 M, number of labels, 1 whether images are named, 4 M images if so, M labels
 *   text: 2 length, then UTF-8
 * </pre>
 *
 * <p>Only where labels may come after their images.
 */
final class PendingLayout implements SectionLayout {
  private static final int FIXED_BYTES = 4 * Long.BYTES + 3 * Integer.BYTES;
  private static final int BATCH_BYTES = 2 * Long.BYTES + Short.BYTES + Integer.BYTES + Byte.BYTES;
  private static final int EARLY_BYTES = 3 * Long.BYTES + Short.BYTES + Integer.BYTES + Byte.BYTES;
  private static final byte NOT_KEPT = 0;
  private static final byte BY_WEIGHTS = 1;
  private static final byte BY_LAST_GOOD = 2;

  @Override
  public long size(ModelState state) {
    PendingBatches pending = state.pending();
    return pending == null ? 0 : size(pending, classes(state));
  }

  private static int classes(ModelState state) {
    List<Integer> layers = state.parameters().layers();
    return layers.get(layers.size() - 1);
  }

  private static long size(PendingBatches pending, int classes) {
    return FIXED_BYTES
        + (long) BATCH_BYTES * pending.batches().size()
        + Short.BYTES * pending.images()
        + Long.BYTES * pending.predicted()
        + (Short.BYTES + Float.BYTES * (classes + 1L)) * pending.predictedImages()
        + (long) EARLY_BYTES * pending.early().size()
        + pending.earlyLabels()
        + Integer.BYTES * pending.earlyImages()
        + pending.idBytes();
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    PendingBatches pending = Objects.requireNonNull(model.state().pending());
    out.putLong(model.lineage().labels());
    out.putLong(pending.forgotten()).putLong(pending.time()).putLong(pending.lastTimestamp());
    out.putInt(classes(model.state()));
    out.putInt(pending.batches().size());
    pending.batches().forEach(batch -> write(batch, out));
    out.putInt(pending.early().size());
    pending.early().forEach(early -> write(early, out));
  }

  private static void write(PendingBatch batch, ByteBuffer out) {
    out.putLong(batch.offset()).putLong(batch.timestamp());
    putText(batch.batchId(), out);
    out.putInt(batch.labels().length);
    for (short label : batch.labels()) {
      out.putShort(label);
    }
    Prediction prediction = batch.prediction();
    if (prediction == null) {
      out.put(NOT_KEPT);
      return;
    }
    out.put(prediction.byLastGood() ? BY_LAST_GOOD : BY_WEIGHTS).putLong(prediction.version());
    for (int predicted : prediction.classes()) {
      out.putShort((short) predicted);
    }
    putFloats(prediction.logits(), out);
    putFloats(prediction.sums(), out);
  }

  private static void write(EarlyLabels early, ByteBuffer out) {
    LateLabels labels = early.labels();
    out.putLong(early.offset()).putLong(early.timestamp()).putLong(labels.batch());
    putText(labels.batchId(), out);
    out.putInt(labels.labels().length).put((byte) (labels.images() == null ? 0 : 1));
    if (labels.images() != null) {
      for (int image : labels.images()) {
        out.putInt(image);
      }
    }
    out.put(labels.labels());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    int classes = parts.classes();
    parts.labels = in.getLong();
    long forgotten = in.getLong();
    long time = in.getLong();
    long lastTimestamp = in.getLong();
    int stored = in.getInt();
    if (stored != classes) {
      throw corrupt("%d classes of predictions, the model has %d".formatted(stored, classes));
    }
    List<PendingBatch> batches = new ArrayList<>();
    for (int left = count(in, BATCH_BYTES); left > 0; left--) {
      batches.add(readBatch(in, classes));
    }
    List<EarlyLabels> early = new ArrayList<>();
    for (int left = count(in, EARLY_BYTES); left > 0; left--) {
      early.add(readEarly(in));
    }
    parts.pending = new PendingBatches(batches, early, forgotten, time, lastTimestamp);
  }

  private static PendingBatch readBatch(ByteBuffer in, int classes) {
    long offset = in.getLong();
    long timestamp = in.getLong();
    String batchId = getText(in);
    short[] labels = new short[count(in, Short.BYTES)];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = in.getShort();
    }
    return new PendingBatch(
        offset, timestamp, batchId, labels, readPrediction(in, labels.length, classes));
  }

  private static @Nullable Prediction readPrediction(ByteBuffer in, int images, int classes) {
    byte by = in.get();
    if (by == NOT_KEPT) {
      return null;
    }
    if (by != BY_WEIGHTS && by != BY_LAST_GOOD) {
      throw corrupt("a prediction by " + by);
    }
    long version = in.getLong();
    require(in, (long) images * (Short.BYTES + Float.BYTES * (classes + 1L)));
    int[] predicted = new int[images];
    for (int i = 0; i < images; i++) {
      predicted[i] = in.getShort();
    }
    float[] logits = getFloats(in, images * classes);
    float[] sums = getFloats(in, images);
    return new Prediction(version, by == BY_LAST_GOOD, predicted, logits, sums, new float[0]);
  }

  private static EarlyLabels readEarly(ByteBuffer in) {
    long offset = in.getLong();
    long timestamp = in.getLong();
    long batch = in.getLong();
    String batchId = getText(in);
    int count = count(in, Byte.BYTES);
    int[] images = in.get() == 0 ? null : new int[count];
    if (images != null) {
      require(in, (long) count * (Integer.BYTES + 1));
      for (int i = 0; i < count; i++) {
        images[i] = in.getInt();
      }
    }
    byte[] labels = new byte[count];
    in.get(labels);
    return new EarlyLabels(offset, timestamp, new LateLabels(batch, batchId, images, labels));
  }

  private static void putText(String text, ByteBuffer out) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putShort((short) bytes.length).put(bytes);
  }

  private static String getText(ByteBuffer in) {
    int length = in.getShort();
    if (length < 0) {
      throw corrupt("a text of " + length + " bytes");
    }
    require(in, length);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void putFloats(float[] values, ByteBuffer out) {
    out.asFloatBuffer().put(values);
    out.position(out.position() + Float.BYTES * values.length);
  }

  private static float[] getFloats(ByteBuffer in, int count) {
    float[] values = new float[count];
    in.asFloatBuffer().get(values);
    in.position(in.position() + Float.BYTES * count);
    return values;
  }

  /** A number of things, each of which takes so many bytes at least. */
  private static int count(ByteBuffer in, int bytesOfEach) {
    int count = in.getInt();
    if (count < 0) {
      throw corrupt("a number of " + count);
    }
    require(in, (long) count * bytesOfEach);
    return count;
  }

  private static void require(ByteBuffer in, long bytes) {
    if (in.remaining() < bytes) {
      throw corrupt("%d bytes of pending batches are missing".formatted(bytes - in.remaining()));
    }
  }

  private static UnreadableStateException corrupt(String what) {
    return new UnreadableStateException("stored model is corrupt: " + what);
  }
}
