package io.streamgrad.cli;

import io.streamgrad.bench.Asker;
import io.streamgrad.bench.DrainRow;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The service with its HTTP port, drained in turns while nobody asks there, while another process
 * asks for predictions, and while one has the page open. Each has a port of its own, so that they
 * are there all the time and find a service in their turns only. Arguments as {@link DrainRow}'s;
 * prints records a second of each, in the order of the turns.
 */
public final class ServedRow {
  private static final List<String> KINDS = List.of("nothing", "infer", "page");
  private static final int TURNS = 4;

  private final Map<String, Integer> ports = new HashMap<>();
  private int drains;

  private ServedRow() {}

  /** Runs the row that the arguments name. */
  public static void main(String[] args) throws Exception {
    new ServedRow().run(args);
  }

  private void run(String[] args) throws Exception {
    List<Process> askers = new ArrayList<>();
    try {
      for (String kind : KINDS) {
        ports.put(kind, freePort());
        if (!kind.equals("nothing")) {
          askers.add(start(kind));
        }
      }
      DrainRow.run(args, this::turns);
    } finally {
      for (Process asker : askers) {
        asker.destroy();
        asker.waitFor();
      }
    }
  }

  private Map<String, Object> turns(Map<String, String> settings, long records) throws Exception {
    Map<String, List<Object>> rates = new LinkedHashMap<>();
    for (int turn = 0; turn < TURNS; turn++) {
      for (String kind : KINDS) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("application-id", settings.get("application-id") + "-" + drains++);
        all.put("http.host", "127.0.0.1");
        all.put("http.port", String.valueOf(ports.get(kind)));
        all.put("http.health-port", "0");
        Map<String, Object> measured = drain(ConfigLoader.load(null, Map.of(), all), records);
        rates.computeIfAbsent(kind, key -> new ArrayList<>()).add(measured.get("recordsPerSecond"));
      }
    }
    return new LinkedHashMap<>(rates);
  }

  private static Map<String, Object> drain(ServiceConfig config, long records)
      throws IOException, InterruptedException {
    try (Service service = Service.open(config)) {
      service.begin();
      return DrainRow.measureStreams(records, service::isRunning);
    }
  }

  private Process start(String kind) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx128m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.addAll(
        List.of(
            Asker.class.getName(), kind, "http://127.0.0.1:" + ports.get(kind) + "/", "default"));
    return new ProcessBuilder(command)
        .redirectOutput(Redirect.DISCARD)
        .redirectError(Redirect.INHERIT)
        .start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
