package io.streamgrad.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.v1.MetricsReport;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HistoriesTest {
  private final Histories histories = new Histories();

  @Test
  void givenMoreModelsThanThereIsRoomForThenThoseThatReportedLongestAgoGo() {
    report("first");
    report("second");
    many();

    assertThat(histories.find("first")).isNull();
    assertThat(histories.all()).hasSize(Histories.MAX_MODELS);
    assertThat(histories.left()).isEqualTo(2);
  }

  @Test
  void givenAModelThatIsLookedAtThenItStaysThoughOthersReportLater() {
    report("first");
    ModelHistory looked = histories.find("first");
    histories.watch(Set.of("first"));
    many();

    assertThat(histories.find("first")).isSameAs(looked);
    assertThat(histories.all()).hasSize(Histories.MAX_MODELS);
  }

  private void many() {
    for (int i = 0; i < Histories.MAX_MODELS; i++) {
      report("other-" + i);
    }
  }

  private void report(String model) {
    histories.add(MetricsReport.newBuilder().setModel(model).build(), 1);
  }
}
