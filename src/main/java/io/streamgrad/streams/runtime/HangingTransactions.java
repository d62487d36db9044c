package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Daemons;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the transactions that instances of this service have left open when they were killed.
 *
 * <p>Kafka does so itself, but only when a transaction has timed out and up to ten seconds after
 * that; until then no read_committed reader sees what the next owner of the partitions writes. An
 * instance that is merely slow is fenced by it, loses nothing, and joins again.
 *
 * <p>Thread-safe.
 */
final class HangingTransactions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HangingTransactions.class);

  /** A transaction open for longer than this, on top of the time between commits, is abandoned. */
  private static final Duration SLACK = Duration.ofSeconds(4);

  private final ServiceConfig config;
  private final Pattern ours;
  private final Duration abandonedAfter;
  private final ScheduledExecutorService thread = Daemons.scheduler("hanging-transactions");

  private @Nullable Future<?> now; // guarded by this
  private @Nullable Future<?> again; // guarded by this

  HangingTransactions(ServiceConfig config) {
    this.config = config;
    abandonedAfter = config.commitInterval().plus(SLACK);
    // As Kafka Streams names them: application, process, thread.
    ours = Pattern.compile(Pattern.quote(config.applicationId()) + "-[0-9a-f-]{36}-\\d+");
  }

  /**
   * Ends them soon, on another thread; to be called whenever partitions change hands or may have.
   * What was opened shortly before is too young to be judged, and so Kafka is asked again when all
   * that was open then is old enough. Of calls in quick succession the last one counts.
   */
  synchronized void end() {
    long handedOver = System.nanoTime();
    now = replace(now, handedOver, Duration.ZERO);
    again = replace(again, handedOver, abandonedAfter);
  }

  private Future<?> replace(@Nullable Future<?> question, long handedOver, Duration delay) {
    if (question != null) {
      question.cancel(false);
    }
    return thread.schedule(
        () -> endOpenedBefore(handedOver), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Leaves alone what was opened later: those who now have the partitions may be slow. */
  private void endOpenedBefore(long handedOver) {
    Duration since = Duration.ofNanos(System.nanoTime() - handedOver);
    Duration age = since.compareTo(abandonedAfter) > 0 ? since : abandonedAfter;
    Admin admin = Admin.create(StreamsProperties.admin(config));
    try {
      List<String> abandoned =
          admin
              .listTransactions(
                  new ListTransactionsOptions()
                      .filterStates(List.of(TransactionState.ONGOING))
                      .filterOnDuration(age.toMillis()))
              .all()
              .get()
              .stream()
              .map(TransactionListing::transactionalId)
              .filter(id -> ours.matcher(id).matches())
              .toList();
      if (!abandoned.isEmpty()) {
        admin.fenceProducers(abandoned).all().get();
        LOG.info("ended transactions that were left open: {}", abandoned);
      }
    } catch (ExecutionException e) {
      LOG.warn("transactions that were left open end by their timeout: {}", Failures.message(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      admin.close(Duration.ZERO); // what was asked is answered, or wanted no more
    }
  }

  /** Ends its thread, in the middle of a question if need be. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
