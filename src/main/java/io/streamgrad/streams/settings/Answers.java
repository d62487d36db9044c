package io.streamgrad.streams.settings;

import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;

/** What Kafka answers to an admin client. */
public final class Answers {
  private Answers() {}

  /**
   * Waits for an answer.
   *
   * @throws KafkaException as Kafka says, not wrapped
   * @throws InterruptException if the calling thread is interrupted, and stays so
   */
  public static <T> T of(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
