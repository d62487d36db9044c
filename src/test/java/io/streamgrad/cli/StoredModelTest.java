package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoredModelTest {
  private static final ServiceConfig CONFIG = ConfigLoader.load(null, Map.of(), Map.of());

  @Test
  void aStateThatMayLackBatchesSaysSo() {
    assertThat(stored(9, 3).notes())
        .singleElement()
        .asString()
        .contains("the service has come to offset 9", "not stored yet");
    assertThat(stored(9, 9).notes()).isEmpty();
  }

  private static StoredModel stored(long offset, long replayFrom) {
    ModelEntry entry =
        new ModelEntry(ModelState.initial(CONFIG.model()), new Lineage(0, replayFrom - 1, 0));
    Position position =
        new Position("streamgrad.images", "id", 0, 1, offset, replayFrom, 0, 0, Position.UNKNOWN);
    return new StoredModel("a", CONFIG, entry, position, List.of(), null);
  }
}
