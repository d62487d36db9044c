import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.PredictionBatch;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Prints COUNT predictions, each once it is committed; streamgrad.jar has the messages and the
 * client: {@code java -cp target/streamgrad.jar examples/java/Consume.java localhost:9092 COUNT}
 */
public class Consume {
  public static void main(String[] args) throws Exception {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", args[0],
            "group.id", "java-readers",
            "auto.offset.reset", "earliest",
            "isolation.level", "read_committed");
    try (Consumer<String, byte[]> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of("streamgrad.predictions"));
      for (int left = Integer.parseInt(args[1]); left > 0; ) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          if (left-- > 0) {
            System.out.println(line(PredictionBatch.parseFrom(record.value())));
          }
        }
      }
    }
  }

  private static String line(PredictionBatch p) {
    return "%s v%d %s %s %s"
        .formatted(
            p.getModel(),
            p.getModelVersion(),
            p.getBatchId(),
            p.getClassesList(),
            p.hasScore() ? score(p.getScore()) : "no labels");
  }

  private static String score(BatchScore s) {
    return String.format(Locale.ROOT, "%d right, loss %.3f", s.getCorrect(), s.getMeanLoss());
  }
}
