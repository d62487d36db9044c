package io.streamgrad.metrics;

import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The counts of one model's life, which are right after every batch and not only after a report.
 *
 * <p><em>Threading.</em> Only the thread that learns the model writes them, lazily: a batch waits
 * for no other core, and a scrape sees it a moment later. A scrape between two of them may see the
 * new value of one and the old one of the other.
 */
final class ModelCounts {
  final AtomicLong images = new AtomicLong();
  final AtomicLong batches = new AtomicLong();
  final AtomicLong correct = new AtomicLong();
  final AtomicLong imagesLearned = new AtomicLong();
  final AtomicLong batchesLearned = new AtomicLong();
  final AtomicLong updatesSkipped = new AtomicLong();
  final AtomicLong version = new AtomicLong();
  final AtomicLong unlabeled = new AtomicLong(); // images
  final AtomicLong drifts = new AtomicLong();

  /** After a labeled batch. */
  void set(ModelState state) {
    images.lazySet(state.lifetime().images());
    batches.lazySet(state.lifetime().batches());
    correct.lazySet(state.lifetime().correct());
    imagesLearned.lazySet(state.progress().imagesLearned);
    batchesLearned.lazySet(state.progress().batchesLearned);
    updatesSkipped.lazySet(state.progress().updatesSkipped);
    version.lazySet(state.version());
  }

  /** When the model is loaded, and at a report. */
  void set(ModelStatus status) {
    images.lazySet(status.lifetime().images());
    batches.lazySet(status.lifetime().batches());
    correct.lazySet(status.lifetime().correct());
    imagesLearned.lazySet(status.imagesLearned());
    batchesLearned.lazySet(status.batchesLearned());
    updatesSkipped.lazySet(status.updatesSkipped());
    version.lazySet(status.version());
  }

  /** After a batch without labels. */
  void predicted(int unlabeledImages) {
    unlabeled.lazySet(unlabeled.get() + unlabeledImages);
  }

  /** Share of all labeled images that were predicted right; 0 where there are none. */
  double accuracy() {
    long all = images.get();
    return all == 0 ? 0 : (double) correct.get() / all;
  }
}
