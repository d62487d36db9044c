package io.streamgrad.streams.settings;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Whether any of a client's brokers answers. */
public final class Reachability {
  /** What is in the way of a client whose brokers are silent. */
  public static final String SILENCE = "no broker answers";

  private static final String UNRESOLVABLE = "No resolvable bootstrap urls";

  private Reachability() {}

  /**
   * Asks one question, which needs no right.
   *
   * @param client settings of an admin client, or of any other
   * @param patience how long; the client asks all brokers again and again meanwhile
   * @return null if a broker answers; otherwise what is in the way, which waiting may mend
   * @throws KafkaException for what waiting does not mend: a setting, or no way in
   */
  public static @Nullable String obstacle(Map<String, Object> client, Duration patience)
      throws InterruptedException {
    Admin admin;
    try {
      admin = Admin.create(client);
    } catch (KafkaException e) {
      Throwable root = Failures.root(e);
      if (root instanceof ConfigException
          && String.valueOf(root.getMessage()).contains(UNRESOLVABLE)) {
        return "no such name is known";
      }
      throw e;
    }
    try {
      int millis = Math.toIntExact(patience.toMillis());
      admin.describeCluster(new DescribeClusterOptions().timeoutMs(millis)).clusterId().get();
      return null;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException) {
        return SILENCE;
      }
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    } finally {
      admin.close(Duration.ZERO);
    }
  }
}
