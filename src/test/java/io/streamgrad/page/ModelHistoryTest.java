package io.streamgrad.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.streamgrad.v1.Adoption;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.MetricsReport.Reason;
import io.streamgrad.v1.Score;
import org.junit.jupiter.api.Test;

class ModelHistoryTest {
  private final ModelHistory history = new ModelHistory("m");

  @Test
  void givenReportsOfWindowsThenTheyAreTheCurve() {
    add(Reason.REASON_IMAGES, 1000, 800);
    add(Reason.REASON_TIME, 1500, 450);

    assertThat(history.curve().from(0))
        .extracting(Point::end, Point::images, Point::accuracy)
        .containsExactly(tuple(1000L, 1000L, 0.8), tuple(1500L, 500L, 0.9));
    assertThat(history.marks()).isEmpty();
    assertThat(history.seen()).isEqualTo(1500);
  }

  @Test
  void givenEventsThenTheyAreMarksAndThoseOfOneKindInARowAreOne() {
    add(Reason.REASON_IMAGES, 1000, 800);
    event(Reason.REASON_UPDATE_SKIPPED, 1100);
    event(Reason.REASON_UPDATE_SKIPPED, 1200);
    event(Reason.REASON_DIVERGED, 1300);

    assertThat(history.marks())
        .extracting(Mark::kind, Mark::at, Mark::count)
        .containsExactly(tuple("update_skipped", 1100L, 2), tuple("diverged", 1300L, 1));
    assertThat(history.curve().size()).isEqualTo(1);
  }

  @Test
  void givenCommandsThenTheirTracesInReportsAreMarks() {
    MetricsReport.Builder report =
        MetricsReport.newBuilder()
            .setReason(Reason.REASON_IMAGES)
            .setIncarnation(3)
            .setLifetime(Score.newBuilder().setImages(1000))
            .setWindow(Score.newBuilder().setImages(1000));
    history.add(report.build(), 1);
    history.add(report.setPaused(true).build(), 2);
    history.add(report.setPaused(false).setIncarnation(4).build(), 3);

    assertThat(history.marks())
        .extracting(Mark::kind, Mark::time)
        .containsExactly(
            tuple("paused", 2L), tuple(ModelHistory.BEGINS_AGAIN, 3L), tuple("resumed", 3L));
    assertThat(history.seen()).isEqualTo(2000);
  }

  @Test
  void givenAReasonOfALaterVersionThenItIsAMark() {
    history.add(MetricsReport.newBuilder().setReasonValue(77).build(), 5);

    assertThat(history.marks()).extracting(Mark::kind).containsExactly("77");
  }

  @Test
  void givenAnAdoptionThenWhatThePersonSaidIsThereAndTheScoresStay() {
    add(Reason.REASON_IMAGES, 1000, 800);

    history.add(
        MetricsReport.newBuilder()
            .setReason(Reason.REASON_ADOPTED)
            .setAdoption(Adoption.newBuilder().setReason("offsets were reset"))
            .build(),
        7);

    assertThat(history.marks()).extracting(Mark::text).containsExactly("offsets were reset");
    assertThat(history.marks()).extracting(Mark::at).containsExactly(1000L);
    assertThat(history.latest().getLifetime().getImages()).isEqualTo(1000);
  }

  @Test
  void givenAModelThatBeginsAgainThenItsCurveGoesOnBehindTheFirstOne() {
    add(Reason.REASON_IMAGES, 1000, 800);
    add(Reason.REASON_IMAGES, 2000, 900);
    latestLifetime = 0;
    add(Reason.REASON_IMAGES, 1000, 100);

    assertThat(history.curve().from(0)).extracting(Point::end).containsExactly(1000L, 2000L, 3000L);
    assertThat(history.marks()).extracting(Mark::kind).containsExactly(ModelHistory.BEGINS_AGAIN);
  }

  @Test
  void givenReportsAgainAfterACrashThenTheyAreKnownAndNoBeginning() {
    history.add(at(10, 1000, 1000), 1);
    history.add(at(20, 2000, 1000), 2);
    history.add(event(25, 2500), 3);
    history.add(at(30, 3000, 1000), 4);

    history.add(at(20, 2000, 1000), 5); // at least once: these had not been committed
    history.add(event(25, 2500), 6);
    history.add(at(30, 3000, 1000), 7);
    history.add(at(40, 4000, 1000), 8);

    assertThat(history.curve().from(0))
        .extracting(Point::end)
        .containsExactly(1000L, 2000L, 3000L, 4000L);
    assertThat(history.marks())
        .extracting(Mark::kind, Mark::at, Mark::count)
        .containsExactly(tuple("drift", 2500L, 1));
    assertThat(history.seen()).isEqualTo(4000);
  }

  @Test
  void givenALifeThatBeginsWithTheSameInputOrGoesOnWithOtherInputThenItBeginsAgain() {
    history.add(at(10, 1000, 1000), 1);
    history.add(at(20, 2000, 1000), 2);

    history.add(at(10, 1000, 1000), 3); // another application learns the topic from its beginning
    history.add(at(20, 2000, 1000), 4);
    history.add(at(30, 1500, 1000), 5); // what was learned is lost, and what comes is new

    assertThat(history.marks())
        .extracting(Mark::kind, Mark::count, Mark::time)
        .containsExactly(tuple(ModelHistory.BEGINS_AGAIN, 2, 5L));
    assertThat(history.seen()).isEqualTo(5500);
  }

  private static MetricsReport at(long offset, long lifetime, long window) {
    return report(Reason.REASON_IMAGES, offset, lifetime)
        .setWindow(Score.newBuilder().setImages(window))
        .build();
  }

  private static MetricsReport event(long offset, long lifetime) {
    return report(Reason.REASON_DRIFT, offset, lifetime).build();
  }

  private static MetricsReport.Builder report(Reason reason, long offset, long lifetime) {
    return MetricsReport.newBuilder()
        .setReason(reason)
        .setInput(InputPosition.newBuilder().setTopic("images").setOffset(offset))
        .setLifetime(Score.newBuilder().setImages(lifetime));
  }

  private long latestLifetime;

  /** A report of a window that ends at this number of images of the model's life. */
  private void add(Reason reason, long lifetime, long correct) {
    long images = lifetime - latestLifetime;
    latestLifetime = lifetime;
    history.add(
        MetricsReport.newBuilder()
            .setReason(reason)
            .setWindow(Score.newBuilder().setImages(images).setCorrect(correct).setMeanLoss(0.5))
            .setLifetime(Score.newBuilder().setImages(lifetime))
            .build(),
        lifetime);
  }

  private void event(Reason reason, long lifetime) {
    history.add(
        MetricsReport.newBuilder()
            .setReason(reason)
            .setLifetime(Score.newBuilder().setImages(lifetime))
            .build(),
        lifetime);
  }
}
