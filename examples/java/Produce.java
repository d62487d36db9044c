import com.google.protobuf.ByteString;
import io.streamgrad.v1.ImageBatch;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends four batches of two images to each model; streamgrad.jar has the messages and the client:
 * {@code java -cp target/streamgrad.jar examples/java/Produce.java localhost:9092 MODEL...}
 */
public class Produce {
  public static void main(String[] args) throws Exception {
    // Idempotent by default; and its partitioner is the service's models.partitioner: murmur2.
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0]);
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      for (String model : Arrays.copyOfRange(args, 1, args.length)) {
        for (int number = 0; number < 4; number++) {
          byte[] batch = batch(number).toByteArray();
          producer.send(new ProducerRecord<>("streamgrad.images", model, batch)).get();
        }
      }
    }
  }

  private static ImageBatch batch(int number) {
    byte[] pixels = new byte[2 * 28 * 28];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (number * i);
    }
    return ImageBatch.newBuilder()
        .setHeight(28)
        .setWidth(28)
        .setPixels(ByteString.copyFrom(pixels))
        .setLabels(ByteString.copyFrom(new byte[] {(byte) number, (byte) (9 - number)})) // or none
        .setBatchId("batch-" + number)
        .build();
  }
}
