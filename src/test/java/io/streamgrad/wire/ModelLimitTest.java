package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.MiniBatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelLimitTest {
  private record Sent(String name, boolean labeled) {}

  /** From any offset on, with the names of any later time: what a restore and verify know. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aReplayOfAnyPartOfALogComesToTheSame(long seed) {
    Random random = new Random(seed);
    List<Sent> log = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      log.add(new Sent("m" + random.nextInt(12), random.nextInt(3) > 0));
    }
    ServiceConfig config = limit(1 + random.nextInt(13));
    List<Boolean> expected = letIn(config, log, Set.of());
    assertThat(expected).contains(true);
    for (int from = 0; from < log.size(); from++) {
      for (int until = from; until <= log.size(); until++) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < until; i++) {
          // A state that is behind is stored later, from which its batches are learned again.
          if (expected.get(i) && log.get(i).labeled() && (i < from || random.nextBoolean())) {
            names.add(log.get(i).name());
          }
        }
        assertThat(letIn(config, log.subList(from, until), names))
            .as("%d to %d", from, until)
            .isEqualTo(expected.subList(from, until));
      }
    }
  }

  @Test
  void theMessageNamesModelAndLimit() throws BadRecordException {
    ModelLimit limit = new ModelLimit(limit(2), Set.of("a", "b"));
    limit.check("a", batch(true));
    assertThatThrownBy(() -> limit.check("c", batch(true)))
        .isInstanceOf(BadRecordException.class)
        .hasMessage(
            "there is no model \"c\", and there are 2 in the partition, as many as models.max"
                + " allows");
  }

  private static List<Boolean> letIn(ServiceConfig config, List<Sent> log, Set<String> names) {
    ModelLimit limit = new ModelLimit(config, names);
    List<Boolean> letIn = new ArrayList<>();
    for (Sent sent : log) {
      try {
        limit.check(sent.name(), batch(sent.labeled()));
        letIn.add(true);
      } catch (BadRecordException e) {
        assertThat(e.reason()).isEqualTo(BadRecordException.Reason.TOO_MANY_MODELS);
        letIn.add(false);
      }
    }
    return letIn;
  }

  private static ServiceConfig limit(int max) {
    return ConfigLoader.load(null, Map.of(), Map.of("models.max", Integer.toString(max)));
  }

  private static DecodedBatch batch(boolean labeled) {
    return new DecodedBatch(MiniBatch.of(1, new byte[1], labeled ? new byte[1] : null), "", null);
  }
}
