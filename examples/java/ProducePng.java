import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends PNG images of a class; needs nothing of Streamgrad but Kafka's client, which is on the jar's
 * class path: {@code java -cp target/streamgrad.jar examples/java/ProducePng.java localhost:9092
 * MODEL CLASS FILE...}
 */
public class ProducePng {
  public static void main(String[] args) throws Exception {
    // Idempotent by default; and its partitioner is the service's models.partitioner: murmur2.
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0]);
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      for (String file : Arrays.copyOfRange(args, 3, args.length)) {
        ProducerRecord<String, byte[]> image =
            new ProducerRecord<>("streamgrad.images", args[1], Files.readAllBytes(Path.of(file)));
        image.headers().add("content-type", "image/png".getBytes(UTF_8));
        image.headers().add("streamgrad.labels", args[2].getBytes(UTF_8)); // or none
        image.headers().add("streamgrad.batch-id", file.getBytes(UTF_8));
        producer.send(image).get();
      }
    }
  }
}
