package io.streamgrad.page;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * What one open page is told: each time what is new since the last one, so that a page that reads
 * slowly gets less often more. It ends by itself before a request has to, and the page asks again.
 *
 * <p><em>Threading.</em> {@link #tell} is called by one thread. Jetty says on any of its own when
 * something is written.
 */
final class EventStream {
  /** Shorter than a request may last, {@code HttpPort}'s patience. */
  static final Duration LONGEST = Duration.ofSeconds(8);

  private final PageData data;
  private final Response response;
  private final Callback callback;
  private volatile List<String> models; // as asked for; else the latest one, once there is one
  private final long end = System.nanoTime() + LONGEST.toNanos();
  // of the thread that tells, as the next two
  private final Map<String, PageData.Told> told = new HashMap<>();
  private long listTold = -1;
  private long nextFigures = System.nanoTime();
  private final AtomicReference<State> state = new AtomicReference<>(State.READY);

  /** READY -> WRITING -> READY ...; once ENDED, nothing is written any more. */
  private enum State {
    READY,
    WRITING,
    ENDED
  }

  /**
   * An answer that has begun, with its headers.
   *
   * @param models to tell of; empty for the one that has reported last
   */
  EventStream(PageData data, List<String> models, Response response, Callback callback) {
    this.data = data;
    this.models = List.copyOf(models);
    this.response = response;
    this.callback = callback;
  }

  /** The models that it tells of. */
  List<String> models() {
    return models;
  }

  boolean hasEnded() {
    return state.get() == State.ENDED;
  }

  /** Tells what is new, unless what was told last is still on its way. */
  void tell() {
    if (state.get() != State.READY) {
      return;
    }
    if (System.nanoTime() - end >= 0) {
      end();
      return;
    }
    Events events = news();
    if (!events.isEmpty()) {
      write(events.bytes());
    }
  }

  private Events news() {
    Events events = new Events();
    if (System.nanoTime() - nextFigures >= 0) {
      nextFigures = System.nanoTime() + Duration.ofSeconds(1).toNanos();
      data.addService(events);
      listTold = data.addList(events, listTold);
    }
    if (models.isEmpty()) {
      models = data.latestModel().map(List::of).orElse(List.of());
    }
    for (String model : models) {
      told.put(
          model, data.addModel(events, model, told.getOrDefault(model, PageData.Told.NOTHING)));
    }
    return events;
  }

  private void write(ByteBuffer bytes) {
    if (!state.compareAndSet(State.READY, State.WRITING)) {
      return;
    }
    response.write(
        false,
        bytes,
        new Callback() {
          @Override
          public void succeeded() {
            state.set(State.READY);
          }

          @Override
          public void failed(Throwable gone) {
            fail(gone);
          }
        });
  }

  /** Nothing more is told; the page asks again. Does nothing while something is on its way. */
  void end() {
    if (state.compareAndSet(State.READY, State.ENDED)) {
      response.write(true, ByteBuffer.allocate(0), callback);
    }
  }

  /** The page is gone, or can't be told. */
  void fail(Throwable why) {
    if (state.getAndSet(State.ENDED) != State.ENDED) {
      callback.failed(why);
    }
  }
}
