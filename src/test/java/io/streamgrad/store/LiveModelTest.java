package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Moment;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.Prediction;
import io.streamgrad.recovery.RecoveredModel;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a model takes of memory. */
class LiveModelTest {
  private static final int BATCHES = 10_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** It decides when models leave memory; single images are little in a state, and many objects. */
  @Test
  void batchesThatWaitForLabelsCountAsWhatTheyTake() {
    ModelSpec spec = ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 5, 3]")).model();
    ModelState state = ModelState.initial(spec);
    PendingBatches pending = new PendingBatches();
    for (int i = 0; i < BATCHES; i++) {
      Prediction prediction =
          new Prediction(0, false, new int[1], new float[3], new float[1], new float[0]);
      pending.add(new PendingBatch(i, i, "batch-" + i, new short[] {-1}, prediction));
    }
    state.keepPending(pending);
    byte[] bytes = ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
    long before = THREADS.getCurrentThreadAllocatedBytes();
    ModelEntry model = ModelCodec.decode(bytes);
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;

    long memory = new LiveModel("a", RecoveredModel.first(model), 1 << 20).memory();

    assertThat(memory).isBetween(allocated / 2, allocated * 2);
  }

  /** Whether it is of one piece or of several goes by that, too. */
  @Test
  void imagesThatWaitToBeLearnedTogetherCountAndCountNoMoreOnceTheyAre() {
    ModelSpec spec = ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 5, 3]")).model();
    ModelEntry model = new ModelEntry(ModelState.initial(spec), Lineage.NONE);
    LiveModel live = new LiveModel("a", RecoveredModel.first(model), 1 << 20);
    long alone = live.bytes();
    for (int images = 1; images <= 3; images++) {
      model.state().gather(MiniBatch.of(4, new byte[4], new byte[1]), 3, 0);
      live.set(model, new Moment(0, 0), () -> 0);

      assertThat(live.bytes()).isEqualTo(ModelCodec.size(model));
      assertThat(live.bytes() > alone).isEqualTo(images < 3);
    }
  }
}
