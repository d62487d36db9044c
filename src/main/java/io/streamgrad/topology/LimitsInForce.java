package io.streamgrad.topology;

import io.streamgrad.config.ServiceConfig;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The limits that the stream goes by, and what Kafka refused all the same. Handed to processors and
 * clients with the settings of Kafka Streams, which is how it lets them know anything.
 *
 * <p>Thread-safe: stream threads and producers read, and whichever of them stops on a refusal asks
 * again.
 */
final class LimitsInForce {
  /** The setting that holds it. */
  static final String CONFIG = "streamgrad.limits";

  private volatile OutputLimits now;
  private volatile @Nullable RefusedOutput refused;
  private @Nullable RefusedOutput begunAnewFor; // guarded by this

  LimitsInForce(OutputLimits limits) {
    now = limits;
  }

  /** The one among these settings; where there is none, one of Kafka's defaults. */
  static LimitsInForce in(Map<String, ?> settings) {
    return settings.get(CONFIG) instanceof LimitsInForce limits
        ? limits
        : new LimitsInForce(OutputLimits.DEFAULTS);
  }

  OutputLimits now() {
    return now;
  }

  /** Notes what Kafka does not take. */
  void refused(RefusedOutput output) {
    refused = output;
  }

  /**
   * Asks for the limits again, after Kafka has refused an output.
   *
   * @return why the service can't go on; null if it can with the new limits
   */
  @Nullable TopicsException askAgain(ServiceConfig config) {
    Admin admin = Admin.create(StreamsProperties.admin(config));
    try {
      OutputLimits asked = now.askAgain(admin, config);
      LargestOutputs.check(config, asked);
      now = asked;
      RefusedOutput output = refused;
      return output == null || mayPass(output, asked)
          ? null
          : new TopicsException(output.message());
    } catch (TopicsException e) {
      return e;
    } catch (TimeoutException e) {
      return null; // a thread that begins anew finds out
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  /**
   * Another try helps where the limits have changed, and once where they may have, or where the
   * record has waited too long for a broker.
   */
  synchronized boolean mayPass(RefusedOutput output, OutputLimits asked) {
    boolean again = output.isSameAs(begunAnewFor);
    begunAnewFor = output;
    return output.isDueTo(asked) || ((output.isTooLarge() || output.isTooLate()) && !again);
  }
}
