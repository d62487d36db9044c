package io.streamgrad.cli;

import io.streamgrad.dataset.Batch;
import java.util.ArrayDeque;

/** Sends batches without their labels, which follow so many images later. One thread. */
final class LateLabelSender {
  private final BatchProducer producer;
  private final long delay; // images
  private final ArrayDeque<Sent> waiting = new ArrayDeque<>();
  private long images;

  /** A batch whose labels wait, and how many images had been sent with it. */
  private record Sent(String batchId, Batch batch, long images) {}

  LateLabelSender(BatchProducer producer, long delay) {
    this.producer = producer;
    this.delay = delay;
  }

  /** Sends a batch, and the labels whose time has come. */
  void send(Batch batch, String batchId) {
    producer.send(batch, batchId, false);
    images += batch.count();
    waiting.add(new Sent(batchId, batch, images));
    while (!waiting.isEmpty() && waiting.element().images() + delay <= images) {
      sendNext();
    }
  }

  /** Sends the labels that are left. */
  void finish() {
    while (!waiting.isEmpty()) {
      sendNext();
    }
  }

  private void sendNext() {
    Sent next = waiting.remove();
    producer.sendLabels(next.batchId(), next.batch().labels());
  }
}
