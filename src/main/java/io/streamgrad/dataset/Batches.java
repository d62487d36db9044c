package io.streamgrad.dataset;

import io.streamgrad.model.SplitMix64;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A data set cut into batches, each iteration from the start. The same settings give the same
 * batches on every machine and Java version. Immutable; the methods that change a setting return a
 * new object.
 *
 * <p>The data set is passed over once or several times. A batch never spans two passes, so the last
 * one of each pass may be smaller.
 *
 * <p>Shuffling is Fisher-Yates over SplitMix64, anew in each pass, with pass p's seed being output
 * p (from 0) of the generator started with the seed given.
 */
public final class Batches implements Iterable<Batch> {
  private final ImageDataset dataset;
  private final int batchSize;
  private final @Nullable Long seed; // null: in file order
  private final int passes;
  private final long limit;

  private Batches(
      ImageDataset dataset, int batchSize, @Nullable Long seed, int passes, long limit) {
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.seed = seed;
    this.passes = passes;
    this.limit = limit;
  }

  /**
   * One pass over the data set in file order.
   *
   * @param batchSize images in a batch, above 0
   */
  public static Batches of(ImageDataset dataset, int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException("Batch size " + batchSize + " must be above 0");
    }
    return new Batches(dataset, batchSize, null, 1, Long.MAX_VALUE);
  }

  /** The same in an order that the seed, and nothing else, decides. */
  public Batches shuffled(long newSeed) {
    return new Batches(dataset, batchSize, newSeed, passes, limit);
  }

  /**
   * The same with so many passes over the data set in all.
   *
   * @param newPasses above 0
   */
  public Batches repeat(int newPasses) {
    if (newPasses < 1) {
      throw new IllegalArgumentException("Passes " + newPasses + " must be above 0");
    }
    return new Batches(dataset, batchSize, seed, newPasses, limit);
  }

  /**
   * The same, ending after so many images in all, however many passes they make.
   *
   * @param images 0 or above
   */
  public Batches limit(long images) {
    if (images < 0) {
      throw new IllegalArgumentException("Limit " + images + " must be 0 or above");
    }
    return new Batches(dataset, batchSize, seed, passes, images);
  }

  /** Number of images in all batches together. */
  public long images() {
    return Math.min(limit, (long) passes * dataset.count());
  }

  /** Number of batches. */
  public long count() {
    if (dataset.count() == 0) {
      return 0;
    }
    long wholePasses = images() / dataset.count();
    return wholePasses * batchesOf(dataset.count()) + batchesOf(images() % dataset.count());
  }

  private long batchesOf(long images) {
    return images / batchSize + (images % batchSize == 0 ? 0 : 1);
  }

  @Override
  public Iterator<Batch> iterator() {
    return new Walk();
  }

  private final class Walk implements Iterator<Batch> {
    private final SplitMix64 seeds = new SplitMix64(seed == null ? 0 : seed);
    private final int[] order = new int[dataset.count()];
    private int position = order.length; // in this pass; at the end so that a new one begins
    private long left = images();

    @Override
    public boolean hasNext() {
      return left > 0;
    }

    @Override
    public Batch next() {
      if (left == 0) {
        throw new NoSuchElementException();
      }
      if (position == order.length) {
        beginPass();
      }
      int size = (int) Math.min(left, Math.min(batchSize, order.length - position));
      Batch batch = dataset.batch(order, position, position + size);
      position += size;
      left -= size;
      return batch;
    }

    private void beginPass() {
      System.arraycopy(IntStream.range(0, order.length).toArray(), 0, order, 0, order.length);
      if (seed != null) {
        Shuffle.shuffle(order, new SplitMix64(seeds.nextLong()));
      }
      position = 0;
    }
  }
}
