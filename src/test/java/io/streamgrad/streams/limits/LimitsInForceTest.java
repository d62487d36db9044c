package io.streamgrad.streams.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.streams.limits.TopicLimits.Limit;
import io.streamgrad.v1.InputPosition;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.Test;

/** Which of the records that Kafka has refused may pass when they are created again. */
class LimitsInForceTest {
  private static final OutputLimits NOW = OutputLimits.DEFAULTS;

  private final LimitsInForce limits = new LimitsInForce(NOW);

  @Test
  void aTimeStampThatHasWaitedTooLongIsMadeAnewOnce() {
    RefusedOutput late = refused(100, new InvalidTimestampException("out of range"));

    assertThat(limits.mayPass(late, NOW)).isTrue();
    assertThat(limits.mayPass(late, NOW)).as("it is refused again").isFalse();
  }

  @Test
  void whatIsTooLargeIsMadeAnewWhereTheLimitsMayHaveChanged() {
    RefusedOutput large = refused(2_000_000, new RecordTooLargeException("too large"));
    RefusedOutput fits = refused(100, new RecordTooLargeException("too large"));
    OutputLimits lower =
        new OutputLimits(
            Map.of(
                "predictions",
                new TopicLimits(
                    new Limit(50, "max.message.bytes"), Long.MAX_VALUE, Long.MAX_VALUE)),
            NOW.request(),
            NOW.buffer());

    assertThat(limits.mayPass(fits, NOW)).isFalse();
    assertThat(limits.mayPass(fits, lower)).isTrue();
    assertThat(limits.mayPass(large, NOW)).isTrue();
    assertThat(limits.mayPass(large, NOW)).isFalse();
  }

  private static RefusedOutput refused(long size, Exception why) {
    return new RefusedOutput("predictions", size, InputPosition.getDefaultInstance(), NOW, why);
  }
}
