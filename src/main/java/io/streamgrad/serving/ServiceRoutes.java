package io.streamgrad.serving;

import io.streamgrad.http.Answer;
import io.streamgrad.http.ReadOnly;
import io.streamgrad.http.Route;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;

/**
 * What every service answers:
 *
 * <pre>
 *   /metrics   all meters, in Prometheus' text format
 *   /livez     200 when the process works, else 503 and the reason: restart it
 *   /readyz    200 when models are learning here, else 503 and the reason: wait for it
 * </pre>
 *
 * Where a bearer token is asked for, /livez and /readyz answer without it: what asks for them, a
 * kubelet or a load balancer, has no place to keep a secret, and they tell no more than the state
 * of the stream.
 *
 * <p><em>Threading.</em> Suppliers and metrics are called on the port's threads, several at a time,
 * and must be quick.
 */
public final class ServiceRoutes {
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private ServiceRoutes() {}

  /** The two checks. */
  public static List<Route> health(Supplier<Health> live, Supplier<Health> ready) {
    return List.of(
        Route.open("/livez", new ReadOnly(request -> of(live.get()))),
        Route.open("/readyz", new ReadOnly(request -> of(ready.get()))));
  }

  /** The text of all meters. */
  public static Route metrics(MetricsText text) {
    return Route.guarded("/metrics", new ReadOnly(request -> of(text)));
  }

  private static Answer of(Health health) {
    // One line, whatever an exception's message may hold.
    String reason = health.reason().lines().findFirst().orElse("");
    return Answer.text(health.ok() ? 200 : 503, reason + "\n");
  }

  private static Answer of(MetricsText text) throws IOException {
    Memory memory = new Memory();
    text.writeTo(memory);
    return new Answer(200, PROMETHEUS, memory.content());
  }

  /** What was written, without a copy of it. */
  private static final class Memory extends ByteArrayOutputStream {
    ByteBuffer content() {
      return ByteBuffer.wrap(buf, 0, count);
    }
  }
}
