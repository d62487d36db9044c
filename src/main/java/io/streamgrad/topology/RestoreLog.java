package io.streamgrad.topology;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says when weights begin to be read back from the changelog, and when they have been. */
final class RestoreLog implements StateRestoreListener {
  private static final Logger LOG = LoggerFactory.getLogger(RestoreLog.class);

  @Override
  public void onRestoreStart(TopicPartition changelog, String store, long start, long end) {
    LOG.info("restoring {} from {} to {}", changelog, start, end);
  }

  @Override
  public void onBatchRestored(TopicPartition changelog, String store, long end, long restored) {}

  @Override
  public void onRestoreEnd(TopicPartition changelog, String store, long restored) {
    LOG.info("restored {}, {} records", changelog, restored);
  }

  @Override
  public void onRestoreSuspended(TopicPartition changelog, String store, long restored) {
    LOG.info("stopped to restore {}, after {} records", changelog, restored);
  }
}
