package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.serving.Health;
import io.streamgrad.serving.HttpEndpoint;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HealthCheckTest {
  @Test
  void theCheckSaysWhatTheServiceSays() throws Exception {
    AtomicReference<Health> ready = new AtomicReference<>(Health.down("it starts"));
    int port;
    try (HttpEndpoint service = HttpEndpoint.startHealth("127.0.0.1", 0, Health::up, ready::get)) {
      port = service.port();
      assertThat(check(port)).isEqualTo(1);

      ready.set(Health.up());
      assertThat(check(port)).isZero();
    }
    assertThat(check(port)).isEqualTo(1);
  }

  private static int check(int port) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "io.streamgrad.cli.HealthCheck");
    builder.environment().put("STREAMGRAD_HTTP_HEALTH_PORT", Integer.toString(port));
    Process process = builder.redirectErrorStream(true).start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
