package io.streamgrad.bench;

import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.ModelName;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record of the images topic on its way to its model, with its value as it is: decoded, it would
 * have to be encoded again for the way. Public, and so a POJO to Flink.
 *
 * @param model its name
 * @param value an ImageBatch in Protobuf
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record ImagesRecord(String model, byte[] value, String topic, int partition, long offset) {

  /** Takes records as the consumer has them. */
  static final class Reader implements KafkaRecordDeserializationSchema<ImagesRecord> {
    private static final long serialVersionUID = 1;

    private final String defaultModel;

    /**
     * A reader of any images topic.
     *
     * @param defaultModel the model of records without a key
     */
    Reader(String defaultModel) {
      this.defaultModel = defaultModel;
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<ImagesRecord> out)
        throws IOException {
      try {
        out.collect(
            new ImagesRecord(
                ModelName.of(record.key(), defaultModel),
                record.value(),
                record.topic(),
                record.partition(),
                record.offset()));
      } catch (BadRecordException e) {
        throw new IOException(e);
      }
    }

    /** Not left to Kryo: its fields have serializers of their own. */
    @Override
    public TypeInformation<ImagesRecord> getProducedType() {
      return Types.POJO(ImagesRecord.class);
    }
  }
}
