package io.streamgrad.serving;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.SelectableChannelEndPoint;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Closes every connection when its time is up. An idle time-out alone does not: a client that sends
 * or takes a byte now and then is never idle.
 *
 * <p><em>Threading.</em> Jetty calls it on any of its threads.
 */
final class ConnectionLifetime implements Connection.Listener {
  private final Scheduler timer;
  private final Duration longest;
  private final Map<Connection, Scheduler.Task> ends = new ConcurrentHashMap<>();

  ConnectionLifetime(Scheduler timer, Duration longest) {
    this.timer = timer;
    this.longest = longest;
  }

  @Override
  public void onOpened(Connection connection) {
    // Over TLS there is a second one within the first, which ends with it.
    if (connection.getEndPoint() instanceof SelectableChannelEndPoint endPoint) {
      ends.put(
          connection, timer.schedule(endPoint::close, longest.toMillis(), TimeUnit.MILLISECONDS));
    }
  }

  @Override
  public void onClosed(Connection connection) {
    Scheduler.Task end = ends.remove(connection);
    if (end != null) {
      end.cancel();
    }
  }
}
