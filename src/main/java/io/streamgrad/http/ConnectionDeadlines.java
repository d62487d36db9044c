package io.streamgrad.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.CyclicTimeout;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SelectableChannelEndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Closes every connection whose time is up: the first request has to be there, all of it, and each
 * one be answered, within so long; and the next one has to begin within so long after an answer. An
 * idle time-out alone does not do that: a client that sends or takes a byte now and then is never
 * idle.
 *
 * <pre>
 *   opened --request--&gt; headers there --request--&gt; answered --silence--&gt; headers there ...
 * </pre>
 *
 * <p><em>Threading.</em> Jetty calls it on any of its threads.
 */
final class ConnectionDeadlines extends Handler.Wrapper implements Connection.Listener {
  private final Scheduler timer;
  private final Duration request;
  private final Duration silence;
  private final Map<EndPoint, Deadline> deadlines = new ConcurrentHashMap<>();

  /**
   * Times for the connections of one port.
   *
   * @param request from a connection's begin to the headers of its first request, and from each
   *     request's headers to the last byte of its answer
   * @param silence from an answer to the headers of the next request
   */
  ConnectionDeadlines(Scheduler timer, Duration request, Duration silence, Handler handler) {
    super(handler);
    this.timer = timer;
    this.request = request;
    this.silence = silence;
  }

  @Override
  public void onOpened(Connection connection) {
    // Over TLS there is a second one within the first, which ends with it.
    if (connection.getEndPoint() instanceof SelectableChannelEndPoint endPoint) {
      Deadline deadline = new Deadline(endPoint);
      deadlines.put(endPoint, deadline);
      deadline.in(request);
    }
  }

  @Override
  public void onClosed(Connection connection) {
    Deadline deadline = deadlines.remove(connection.getEndPoint());
    if (deadline != null) {
      deadline.destroy();
    }
  }

  @Override
  public boolean handle(Request incoming, Response response, Callback callback) throws Exception {
    EndPoint endPoint = incoming.getConnectionMetaData().getConnection().getEndPoint();
    Deadline deadline =
        deadlines.get(endPoint instanceof EndPoint.Wrapper tls ? tls.unwrap() : endPoint);
    if (deadline != null) { // else it is closed already
      deadline.in(request);
      Request.addCompletionListener(incoming, failure -> deadline.in(silence));
    }
    return super.handle(incoming, response, callback);
  }

  private final class Deadline extends CyclicTimeout {
    private final EndPoint endPoint;

    Deadline(EndPoint endPoint) {
      super(timer);
      this.endPoint = endPoint;
    }

    void in(Duration time) {
      schedule(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void onTimeoutExpired() {
      endPoint.close(new TimeoutException("too slow a client")); // of these Jetty logs no trace
    }
  }
}
