package io.streamgrad.verify;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests of one class that share a broker, each with a service of its own name. */
public abstract class OracleTests {
  /** For all of them: the broker's data, and the services' state. */
  @TempDir protected static Path directory;

  /** Of the class whose tests run. */
  @SuppressWarnings("NullAway.Init") // before its first test
  protected static OracleBroker broker;

  @BeforeAll
  static void startBroker() {
    broker = new OracleBroker(directory);
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }
}
