package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Daemons;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.GroupTimeouts;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
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
  private final Duration givenUpAfter;
  private final ScheduledExecutorService thread = Daemons.scheduler("hanging-transactions");

  HangingTransactions(ServiceConfig config) {
    this.config = config;
    givenUpAfter = GroupTimeouts.of(config).givenUpAfter();
    abandonedAfter = config.commitInterval().plus(SLACK);
    // As Kafka Streams names them: application, process, thread.
    ours = Pattern.compile(Pattern.quote(config.applicationId()) + "-[0-9a-f-]{36}-\\d+");
  }

  /**
   * Ends them soon, on another thread; to be called when partitions change hands. Where commits are
   * far apart, again when all that was open then is old enough to be judged.
   */
  @SuppressWarnings("FutureReturnValueIgnored") // what goes wrong is logged
  void end() {
    long handedOver = System.nanoTime();
    thread.execute(() -> endOpenedBefore(handedOver));
    if (abandonedAfter.compareTo(givenUpAfter) > 0) {
      thread.schedule(
          () -> endOpenedBefore(handedOver), abandonedAfter.toMillis(), TimeUnit.MILLISECONDS);
    }
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
