package io.streamgrad.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.StoredSample;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upgrade: the service goes on from what an earlier version has stored. */
class StoredLayoutIT {
  @TempDir private Path directory;

  @Test
  void givenAChangelogOfLayout1ThenTheServiceGoesOnFromIt() throws Exception {
    StoredSample sample = StoredSample.read(1);
    try (OracleBroker broker = new OracleBroker(directory)) {
      ServiceConfig config = broker.config("upgraded", StoredSample.SETTINGS);
      broker.putStored(config, sample.keyBytes(), sample.valueBytes());
      assertThat(broker.stored(config, "a")).isEqualTo(sample.weightsSha256());

      try (ServiceMetrics metrics = OracleBroker.metrics();
          StreamsService service = StreamsService.start(config, metrics)) {
        broker.send(
            config.topics().images(),
            StoredSample.nextBatches().stream().map(ImageBatch::toByteArray).toList());
        OracleBroker.awaitCommitted(service, config, StoredSample.nextBatches().size());
      }

      assertThat(broker.stored(config, "a")).isEqualTo(sample.nextWeightsSha256());
    }
  }
}
