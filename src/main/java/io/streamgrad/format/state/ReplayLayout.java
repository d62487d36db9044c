package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ReplayBuffer;
import io.streamgrad.model.ReplaySpec;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/**
 * How the images that a model learns from again lie in its state:
 *
 * <pre>
 *   4 policy: 1 reservoir, 2 fifo, 3 balanced   4 capacity, in images   4 n, images that are there
 *   8 images that came, in the model's life   8 images that were drawn   8 images since it was empty
 *   balanced: 8 C images since it was empty, by class
 *   n labels, 1 each, in their places   n images, 1 a pixel, the same
 * </pre>
 *
 * <p>Only where images are learned from again.
 */
final class ReplayLayout implements SectionLayout {
  /** In the order of their numbers, which never change. */
  private static final List<ReplaySpec.Policy> POLICIES =
      List.of(ReplaySpec.Policy.RESERVOIR, ReplaySpec.Policy.FIFO, ReplaySpec.Policy.BALANCED);

  private static final int FIXED_BYTES = 3 * Integer.BYTES + 3 * Long.BYTES;

  @Override
  public long size(ModelState state) {
    ReplayBuffer replay = state.replay();
    if (replay == null) {
      return 0;
    }
    int inputs = state.parameters().layers().get(0);
    long byClass = (long) Long.BYTES * replay.counters().sinceByClass.length;
    return FIXED_BYTES + byClass + replay.images() * (1L + inputs);
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    ReplayBuffer replay = Objects.requireNonNull(model.state().replay());
    int inputs = model.state().parameters().layers().get(0);
    ReplayBuffer.Counters counters = replay.counters();
    out.putInt(POLICIES.indexOf(replay.policy()) + 1);
    out.putInt(replay.capacity()).putInt(replay.images());
    out.putLong(counters.inserted).putLong(counters.drawn).putLong(counters.since);
    for (long count : counters.sinceByClass) {
      out.putLong(count);
    }
    out.put(replay.labels(), 0, replay.images());
    out.put(replay.pixels(), 0, replay.images() * inputs);
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    int inputs = parts.inputs();
    int classes = parts.classes();
    int policy = in.getInt();
    if (policy < 1 || policy > POLICIES.size()) {
      throw new UnreadableStateException("stored model is corrupt: replay policy " + policy);
    }
    int capacity = in.getInt();
    int images = in.getInt();
    boolean balanced = POLICIES.get(policy - 1) == ReplaySpec.Policy.BALANCED;
    ReplayBuffer.Counters counters = new ReplayBuffer.Counters(balanced ? classes : 0);
    counters.inserted = in.getLong();
    counters.drawn = in.getLong();
    counters.since = in.getLong();
    for (int label = 0; label < counters.sinceByClass.length; label++) {
      counters.sinceByClass[label] = in.getLong();
    }
    long most = (long) in.remaining() / (1L + inputs);
    if (images < 0
        || images != most
        || images > capacity
        || capacity > ReplaySpec.mostImages(inputs)) {
      throw new UnreadableStateException(
          "stored model is corrupt: %d images of %d to be learned from again, in %d bytes"
              .formatted(images, capacity, in.remaining()));
    }
    byte[] labels = new byte[images];
    byte[] pixels = new byte[images * inputs];
    in.get(labels).get(pixels);
    ReplayBuffer replay =
        new ReplayBuffer(POLICIES.get(policy - 1), capacity, inputs, counters, pixels, labels);
    if (!replay.isSound(classes)) {
      throw new UnreadableStateException(
          "stored model is corrupt: images to be learned from again that can't have been kept");
    }
    parts.replay = replay;
  }
}
