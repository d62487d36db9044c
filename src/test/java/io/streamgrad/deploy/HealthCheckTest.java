package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.http.HttpPort;
import io.streamgrad.serving.Health;
import io.streamgrad.serving.ServiceRoutes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The image's health check, with no other program in its PATH. */
@DisabledOnOs(OS.WINDOWS)
class HealthCheckTest {
  @TempDir private Path directory;

  /** Restores, or waits for Kafka, as long as it may take. */
  @Test
  void anInstanceThatIsBusyIsHealthyAndNotReady() throws Exception {
    try (HttpPort service = serve(Health::up, () -> Health.down("restoring weights"))) {
      assertThat(check(service.port())).isEqualTo(new Answer(0, "ok\n"));
      assertThat(check(service.port(), "/readyz")).isEqualTo(new Answer(1, "restoring weights\n"));
    }
  }

  @Test
  void anInstanceThatFailedIsNotHealthy() throws Exception {
    try (HttpPort service = serve(() -> Health.down("it failed"), Health::up)) {
      assertThat(check(service.port())).isEqualTo(new Answer(1, "it failed\n"));
    }
  }

  @Test
  void whereNothingListensNothingIsHealthy() throws Exception {
    int port;
    try (HttpPort service = serve(Health::up, Health::up)) {
      port = service.port();
    }

    assertThat(check(port).exit()).isEqualTo(1);
  }

  private static HttpPort serve(Supplier<Health> live, Supplier<Health> ready) {
    return HttpPort.startHealth("127.0.0.1", 0, ServiceRoutes.health(live, ready));
  }

  private Answer check(int port, String... path) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("/bin/bash", "src/main/docker/healthcheck"));
    command.addAll(List.of(path));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", directory.toString());
    builder.environment().put("STREAMGRAD_HTTP_HEALTH_PORT", Integer.toString(port));
    Process process = builder.start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Answer(process.exitValue(), Files.readString(output));
  }

  private record Answer(int exit, String text) {}
}
