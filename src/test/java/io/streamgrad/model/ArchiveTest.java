package io.streamgrad.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of the earlier models competes. */
class ArchiveTest {
  private static final ModelState MODEL =
      ModelState.initial(
          ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 5, 3]")).model());
  private static final MiniBatch BATCH = MiniBatch.of(4, new byte[4], new byte[1]);

  private final Archive archive = new Archive();

  @ParameterizedTest
  @CsvSource({"0, 1, true", "0, 0, false", "1, 2, false", "8, 16, false", "7, 15, true"})
  void oneThatErrsLessThanHalfAsOften(int errors, int modelErrors, boolean taken) {
    archive.add(earlier());

    Archive.Earlier found = archive.take(MODEL, BATCH, modelErrors, (m, w, b) -> errors);

    assertThat(found != null).isEqualTo(taken);
    assertThat(archive.models().isEmpty()).as("it is taken out").isEqualTo(taken);
  }

  @Test
  void theBestOfThemAndOfTwoTheNewer() {
    List<Archive.Earlier> all = List.of(earlier(), earlier(), earlier());
    all.forEach(archive::add); // so that the last one is the newest
    Archive.Trial trial = (m, w, b) -> w == all.get(2).weights() ? 3 : 2;

    assertThat(archive.take(MODEL, BATCH, 9, trial)).isSameAs(all.get(1));
    assertThat(archive.models()).containsExactly(all.get(2), all.get(0));
  }

  @Test
  void theNewestAreKept() {
    List<Archive.Earlier> all = List.of(earlier(), earlier(), earlier());
    all.forEach(archive::add);

    archive.trim(2);

    assertThat(archive.models()).containsExactly(all.get(2), all.get(1));
  }

  private static Archive.Earlier earlier() {
    return new Archive.Earlier(MODEL.parameters().copy(), 7);
  }
}
