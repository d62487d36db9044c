package io.streamgrad.cli;

import io.streamgrad.bench.Asker;
import io.streamgrad.bench.DrainRow;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One row, as {@link DrainRow}, of the service with its HTTP port, at which somebody in another
 * process asks. Arguments: what is asked ("nothing", "infer" or "page"), the number of records, and
 * the service's settings as key=value.
 */
public final class ServedRow {
  private ServedRow() {}

  /** Runs the row that the arguments name. */
  public static void main(String[] args) throws Exception {
    DrainRow.run(
        args,
        (settings, records) -> {
          settings.put("http.host", "127.0.0.1");
          settings.put("http.port", "0");
          settings.put("http.health-port", "0");
          return drain(args[0], ConfigLoader.load(null, Map.of(), settings), records);
        });
  }

  private static Map<String, Object> drain(String asked, ServiceConfig config, long records)
      throws IOException, InterruptedException {
    try (Service service = Service.open(config)) {
      Process asker =
          asked.equals("nothing")
              ? null
              : start(asked, service.uri() + " " + config.defaultModel());
      try {
        service.begin();
        return DrainRow.measureStreams(records, service::isRunning);
      } finally {
        if (asker != null) {
          asker.destroy();
          asker.waitFor();
        }
      }
    }
  }

  private static Process start(String asked, String where) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx128m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.add(Asker.class.getName());
    command.add(asked);
    command.addAll(List.of(where.split(" ", 2)));
    return new ProcessBuilder(command)
        .redirectOutput(Redirect.DISCARD)
        .redirectError(Redirect.INHERIT)
        .start();
  }
}
