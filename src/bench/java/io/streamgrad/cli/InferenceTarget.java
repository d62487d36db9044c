package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.http.Answer;
import io.streamgrad.http.HttpPort;
import io.streamgrad.http.HttpSecurity;
import io.streamgrad.http.Route;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;

/**
 * The service, and in the same process the same HTTP server answering a constant, for a load
 * generator to compare them. Prints where both answer, and runs until it is killed. Arguments: the
 * service's settings as key=value.
 */
public final class InferenceTarget {
  private static final byte[] CONSTANT =
      "{\"model_name\":\"constant\"}".repeat(14).getBytes(UTF_8); // as long as an answer

  private InferenceTarget() {}

  /** Serves. */
  public static void main(String[] args) throws InterruptedException {
    Map<String, String> settings = new LinkedHashMap<>();
    Arrays.stream(args)
        .map(arg -> arg.split("=", 2))
        .forEach(setting -> settings.put(setting[0], setting[1]));
    ServiceConfig config = ConfigLoader.load(null, Map.of(), settings);
    try (HttpPort constant =
            HttpPort.start(
                "127.0.0.1", 0, HttpSecurity.NONE, List.of(Route.open("/*", new Constant())));
        Service service = Service.open(config)) {
      System.out.println(service.uri() + " " + constant.uri());
      service.begin();
      service.awaitStopped();
    }
  }

  private static final class Constant extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      Content.Source.asByteArrayAsync(
          request,
          1 << 20,
          new Promise.Invocable<byte[]>() {
            @Override
            public void succeeded(byte[] body) {
              new Answer(200, "application/json", ByteBuffer.wrap(CONSTANT))
                  .send(response, callback);
            }

            @Override
            public void failed(Throwable failure) {
              callback.failed(failure);
            }
          });
      return true;
    }
  }
}
