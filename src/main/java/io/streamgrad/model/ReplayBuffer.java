package io.streamgrad.model;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Images that a model has learned from and learns from again, with their labels. What is kept, what
 * is drawn and how it is moved are hashes of the model's seed and of counters, which go on when the
 * buffer is emptied: they depend on no generator's past. Mutable, part of the model's state.
 *
 * <p>Images lie one after the other, in places that they keep until another image takes them.
 */
public final class ReplayBuffer {
  private static final long PLACE = 1; // what is chosen
  private static final long IMAGE = 2;
  private static final long SHIFT = 3;

  private static final int RAMP = 500; // images

  private static final int FEW = 10; // a so-manieth of an even share

  private final ReplaySpec.Policy policy;
  private final int capacity;
  private final int inputs;
  private final Counters counters;
  private byte[] pixels; // (room, inputs); there is room for more images than there are
  private byte[] labels; // (room)
  private final int[] places; // (classes, quota): where images of a class are; balanced only
  private final int[] kept; // (classes): how many there are; balanced only
  private int images;

  /**
   * What has been counted.
   *
   * @see ReplayBuffer#counters()
   */
  public static final class Counters {
    public long inserted; // images that came, in the model's life
    public long drawn; // images that were learned again, in the model's life
    public long since; // images that came since the buffer was last emptied
    public final long[] sinceByClass; // (classes): the same; (0) unless balanced

    /** Nothing has come yet. */
    public Counters(int classes) {
      sinceByClass = new long[classes];
    }
  }

  /**
   * A buffer as it was stored.
   *
   * @param capacity images that it keeps
   * @param inputs pixels of an image
   * @param pixels (images, inputs) of those that it has, owned by the buffer
   * @param labels (images) of them, owned by the buffer
   */
  public ReplayBuffer(
      ReplaySpec.Policy policy,
      int capacity,
      int inputs,
      Counters counters,
      byte[] pixels,
      byte[] labels) {
    this.policy = policy;
    this.capacity = capacity;
    this.inputs = inputs;
    this.counters = counters;
    this.pixels = pixels;
    this.labels = labels;
    int classes = counters.sinceByClass.length;
    places = new int[classes * quota()];
    kept = new int[classes];
    images = labels.length;
    for (int place = 0; place < images && classes > 0; place++) {
      int label = labels[place] & 0xff;
      if (label < classes && kept[label] < quota()) { // else it is not sound
        places[label * quota() + kept[label]++] = place;
      }
    }
  }

  /** An empty one, as a model is configured to have it; null for none. */
  static @Nullable ReplayBuffer of(ModelSpec spec) {
    ReplaySpec replay = spec.replay();
    return replay.images() == 0
        ? null
        : new ReplayBuffer(
            replay.policy(),
            replay.images(),
            spec.inputs(),
            new Counters(replay.policy() == ReplaySpec.Policy.BALANCED ? spec.classes() : 0),
            new byte[0],
            new byte[0]);
  }

  /** Whether it keeps what is configured to be kept. */
  boolean isAs(ReplaySpec replay) {
    return policy == replay.policy() && capacity == replay.images();
  }

  /** Of each class, where it is balanced. */
  private int quota() {
    return capacity / Math.max(1, counters.sinceByClass.length);
  }

  /**
   * Draws images, each of those that are there as likely as any other, and moves them. There must
   * be some.
   *
   * @param seed of the model
   * @param shift by up to so many pixels; images must be square unless it is 0
   * @param into a batch of whole arrays, which takes as many as it has, with their labels
   */
  public void draw(long seed, int shift, MiniBatch into) {
    byte[] drawnPixels = into.pixels();
    byte[] drawnLabels = Objects.requireNonNull(into.labels());
    for (int i = 0; i < into.images(); i++) {
      int place = below(images, hash(seed, IMAGE, counters.drawn));
      drawnLabels[i] = labels[place];
      if (shift == 0) {
        System.arraycopy(pixels, place * inputs, drawnPixels, i * inputs, inputs);
      } else {
        long hash = hash(seed, SHIFT, counters.drawn);
        int down = below(2 * shift + 1, hash) - shift;
        int right = below(2 * shift + 1, hash << Integer.SIZE) - shift;
        move(place * inputs, down, right, drawnPixels, i * inputs);
      }
      counters.drawn++;
    }
  }

  /** Copies an image, moved; what comes in at the edges is 0. */
  private void move(int from, int down, int right, byte[] to, int at) {
    int side = ReplaySpec.side(inputs);
    Arrays.fill(to, at, at + inputs, (byte) 0);
    int width = side - Math.abs(right);
    for (int row = Math.max(0, down); row < side + Math.min(0, down); row++) {
      int source = from + (row - down) * side + Math.max(0, -right);
      System.arraycopy(pixels, source, to, at + row * side + Math.max(0, right), width);
    }
  }

  /**
   * Takes the images of a batch that was learned from, in their order, as far as they are kept.
   *
   * @param seed of the model
   */
  public void insert(long seed, MiniBatch batch) {
    for (int i = 0; i < batch.images(); i++) {
      int label = batch.label(i);
      int place = place(seed, label);
      counters.inserted++;
      if (place == images) {
        grow();
        images++;
      }
      if (place >= 0) {
        int from = batch.pixelsOffset() + i * inputs;
        System.arraycopy(batch.pixels(), from, pixels, place * inputs, inputs);
        labels[place] = (byte) label;
      }
    }
  }

  /** The place of the next image, which is counted; behind the last one, or -1 for none. */
  private int place(long seed, int label) {
    long before = counters.since++;
    return switch (policy) {
      case RESERVOIR -> images < capacity ? images : kept(seed, before + 1, capacity);
      case FIFO -> (int) (before % capacity);
      case BALANCED -> placeInClass(seed, label);
    };
  }

  private int placeInClass(long seed, int label) {
    long ofClass = ++counters.sinceByClass[label];
    int first = label * quota();
    if (kept[label] < quota()) {
      places[first + kept[label]++] = images;
      return images;
    }
    int drawn = kept(seed, ofClass, quota());
    return drawn < 0 ? -1 : places[first + drawn];
  }

  /** Algorithm R (Vitter, 1985): the last of so many takes one of the places, or none. */
  private int kept(long seed, long of, int room) {
    long hash = hash(seed, PLACE, counters.inserted);
    long drawn = Math.multiplyHigh(hash >>> 1, of << 1);
    return drawn < room ? (int) drawn : -1;
  }

  private void grow() {
    if (images == labels.length) {
      int room = (int) Math.min(capacity, Math.max(16, 2L * images));
      pixels = Arrays.copyOf(pixels, room * inputs);
      labels = Arrays.copyOf(labels, room);
    }
  }

  /**
   * Whether most of the images that a model has predicted wrong are of classes of which there are
   * less than a tenth of an even share: the model had not learned them yet.
   */
  boolean hardlyKnows(MiniBatch batch, Prediction scored) {
    int[] there = new int[1 << Byte.SIZE];
    for (int place = 0; place < images; place++) {
      there[labels[place] & 0xff]++;
    }
    long classes = scored.logits().length / scored.images();
    int wrong = 0;
    int unknown = 0;
    for (int i = 0; i < batch.images(); i++) {
      if (scored.classes()[i] != batch.label(i)) {
        wrong++;
        unknown += there[batch.label(i)] * classes * FEW < images ? 1 : 0;
      }
    }
    return unknown > wrong / 2;
  }

  /** Forgets all images. */
  public void clear() {
    images = 0;
    counters.since = 0;
    Arrays.fill(counters.sinceByClass, 0);
    Arrays.fill(kept, 0);
  }

  /**
   * By how much learning again counts: less, as long as only a few images have come since the
   * buffer was empty, which would be learned by heart.
   *
   * @return from 0 to 1
   */
  public double ramp() {
    return Math.min(1.0, (double) counters.since / RAMP);
  }

  private static long hash(long seed, long what, long counter) {
    return SplitMix64.mix(SplitMix64.mix(SplitMix64.mix(seed) + what) + counter);
  }

  /** A number from 0 to n - 1, by the upper 32 bits of a hash. */
  private static int below(int n, long hash) {
    return (int) (((hash >>> Integer.SIZE) * n) >>> Integer.SIZE);
  }

  /** Whether these are images and counters that a buffer can have, and not of a damaged state. */
  public boolean isSound(int classes) {
    boolean sound =
        capacity > 0
            && (long) capacity * inputs <= ReplaySpec.MAX_PIXELS
            && counters.drawn >= 0
            && counters.since >= 0
            && counters.since <= counters.inserted;
    for (int place = 0; place < images; place++) {
      sound &= (labels[place] & 0xff) < classes;
    }
    if (policy != ReplaySpec.Policy.BALANCED) {
      return sound && images == Math.min(counters.since, capacity);
    }
    long all = 0;
    int there = 0;
    for (int label = 0; label < kept.length; label++) {
      all += counters.sinceByClass[label];
      there += kept[label];
      sound &= kept[label] == Math.min(counters.sinceByClass[label], quota());
    }
    return sound && quota() > 0 && all == counters.since && there == images;
  }

  /** A hash of what every image changes. */
  int sample() {
    int hash = 31 * Long.hashCode(counters.inserted) + Long.hashCode(counters.drawn);
    return 31 * hash + Long.hashCode(counters.since);
  }

  /** Which images are kept. */
  public ReplaySpec.Policy policy() {
    return policy;
  }

  /** How many images it keeps. */
  public int capacity() {
    return capacity;
  }

  /** How many images there are. */
  public int images() {
    return images;
  }

  /** What has been counted; not a copy. */
  public Counters counters() {
    return counters;
  }

  /** (room, pixels) the images, then what is not in use; not a copy. */
  public byte[] pixels() {
    return pixels;
  }

  /** (room) their labels, then what is not in use; not a copy. */
  public byte[] labels() {
    return labels;
  }
}
