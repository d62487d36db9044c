package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.committed.CommittedModel;
import io.streamgrad.committed.Reading;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other threads see of a running service's models. */
class CommittedModelsIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(600, 31);

  /** The offset is read after the model is: it may be further, and never behind. */
  @ParameterizedTest
  @ValueSource(strings = {"exactly_once_v2", "at_least_once"})
  void aModelThatIsReadIsCommittedAndAsItWasThen(String guarantee) throws Exception {
    ServiceConfig config =
        broker.config(
            "read-" + guarantee,
            Map.of("processing-guarantee", guarantee, "commit-interval", "200ms"));
    Set<Long> versions = new HashSet<>();
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics);
        Admin admin = Admin.create(StreamsProperties.admin(config))) {
      OracleBroker.awaitReady(service);
      assertThat(read(service)).isEqualTo(new Reading.Missing());
      for (int sent = 0; sent < BATCHES.size(); sent += 20) {
        broker.send(config.topics().images(), bytes(BATCHES.subList(sent, sent + 20)));
        for (int i = 0; i < 5; i++) {
          if (read(service) instanceof Reading.Found found) {
            CommittedModel model = found.model();
            assertThat(found.stale()).isZero();
            versions.add(model.version());
            assertThat(committed(admin, config)).isGreaterThan(model.lineage().offset());
          }
        }
      }
      OracleBroker.awaitCommitted(service, config, BATCHES.size());
      Awaitility.await().until(() -> found(service).version() == BATCHES.size());
      Parameters learned = learned(config);
      for (int t = 0; t < learned.tensors().size(); t++) {
        assertThat(found(service).weights().tensors().get(t).data)
            .containsExactly(learned.tensors().get(t).data);
      }
    }
    assertThat(versions).as("seen while it learned").hasSizeGreaterThan(3);
  }

  /** A model that nobody asked for until now, in a service that does nothing. */
  @Test
  void aModelOfAnIdleServiceIsReadAtOnce() throws Exception {
    ServiceConfig config = broker.config("idle", Map.of());
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      broker.send(config.topics().images(), bytes(BATCHES.subList(0, 50)));
      OracleBroker.awaitCommitted(service, config, 50);
    }
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      assertThat(read(service))
          .isInstanceOfSatisfying(
              Reading.Unavailable.class, why -> assertThat(why.reason()).isNotBlank());
      OracleBroker.awaitReady(service);

      assertThat(found(service).version()).isEqualTo(50);
      assertThat(found(service).lineage().offset()).isEqualTo(49);
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  /** The weights that predict after all batches, learned without Kafka. */
  private static Parameters learned(ServiceConfig config) {
    ModelSpec model = config.model("a");
    ModelState state = ModelState.initial(model);
    Learner learner = new Learner(model);
    for (ImageBatch batch : BATCHES) {
      byte[] pixels = batch.getPixels().toByteArray();
      Steps.take(learner, state, MiniBatch.of(4, pixels, batch.getLabels().toByteArray()));
    }
    return state.predicting();
  }

  private static CommittedModel found(StreamsService service) throws Exception {
    return ((Reading.Found) read(service)).model();
  }

  private static Reading read(StreamsService service) throws Exception {
    return service.model("a").get(1, TimeUnit.MINUTES);
  }

  /** Waits for the marker of a transaction that is decided. */
  private static long committed(Admin admin, ServiceConfig config) {
    TopicPartition images = new TopicPartition(config.topics().images(), 0);
    Map<TopicPartition, OffsetAndMetadata> offsets =
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .until(() -> stable(admin, config, images), found -> found.containsKey(images));
    OffsetAndMetadata offset = offsets.get(images);
    return offset == null ? -1 : offset.offset();
  }

  /** Without the partition, while a transaction with its offset is pending. */
  private static Map<TopicPartition, OffsetAndMetadata> stable(
      Admin admin, ServiceConfig config, TopicPartition partition) throws Exception {
    return admin
        .listConsumerGroupOffsets(
            Map.of(
                config.applicationId(),
                new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(partition))),
            new ListConsumerGroupOffsetsOptions().requireStable(true))
        .partitionsToOffsetAndMetadata(config.applicationId())
        .get();
  }

  private static List<byte[]> bytes(List<ImageBatch> batches) {
    return batches.stream().map(ImageBatch::toByteArray).toList();
  }
}
