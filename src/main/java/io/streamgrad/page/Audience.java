package io.streamgrad.page;

import io.streamgrad.streams.settings.Daemons;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages that are open. While there are some, their streams are told what is new five times a
 * second, and a reader runs, which goes on for a while after the last one: a page that is loaded
 * again finds all in place. Without any, nothing runs.
 *
 * <p><em>Threading.</em> Thread-safe. Streams are told by one thread of its own.
 */
final class Audience implements AutoCloseable {
  static final int MAX_STREAMS = 20;
  private static final Duration BETWEEN_NEWS = Duration.ofMillis(200);
  private static final Duration AFTER_THE_LAST = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(Audience.class);

  private final ScheduledExecutorService thread = Daemons.scheduler("page");
  private final Function<Supplier<Set<String>>, TopicReader> readers;
  private final List<EventStream> streams = new ArrayList<>(); // guarded by this, as the others
  private @Nullable ScheduledFuture<?> telling;
  private @Nullable TopicReader reader;
  private long lastSeen;

  /**
   * No pages yet.
   *
   * @param readers makes a reader that has not begun, of the models that pages show
   */
  Audience(Function<Supplier<Set<String>>, TopicReader> readers) {
    this.readers = readers;
  }

  /** Whether there is room for another page. */
  synchronized boolean hasRoom() {
    return streams.size() < MAX_STREAMS && !thread.isShutdown();
  }

  /** This page is open from now on. */
  synchronized void add(EventStream stream) {
    streams.add(stream);
    lastSeen = System.nanoTime();
    if (telling == null) {
      telling =
          thread.scheduleWithFixedDelay(
              this::tell, 0, BETWEEN_NEWS.toMillis(), TimeUnit.MILLISECONDS);
    }
    if (reader == null) {
      reader = readers.apply(this::models);
      Thread reading = new Thread(reader, "streamgrad-page-reader");
      reading.setDaemon(true);
      reading.start();
    }
  }

  /** The models that pages show. */
  synchronized Set<String> models() {
    return streams.stream().flatMap(stream -> stream.models().stream()).collect(Collectors.toSet());
  }

  /** Why the reader can't read; empty if it can. */
  synchronized String trouble() {
    return reader == null ? "" : reader.trouble();
  }

  private void tell() {
    for (EventStream stream : present()) {
      try {
        stream.tell();
      } catch (RuntimeException e) { // of this page's; the others go on
        LOG.error("an open page can't be told what is new", e);
        stream.fail(e);
      }
    }
  }

  /** Those that have not ended; stops what nobody needs any more. */
  private synchronized List<EventStream> present() {
    streams.removeIf(EventStream::hasEnded);
    if (!streams.isEmpty()) {
      lastSeen = System.nanoTime();
    } else if (System.nanoTime() - lastSeen > AFTER_THE_LAST.toNanos()) {
      stop();
    }
    return List.copyOf(streams);
  }

  private void stop() {
    if (telling != null) {
      telling.cancel(false);
      telling = null;
    }
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }

  /** Lets the pages go; none can be added any more. */
  @Override
  public synchronized void close() {
    thread.shutdownNow();
    streams.forEach(EventStream::end);
    stop();
  }
}
