package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.streams.runtime.Lifecycle.State;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LifecycleTest {
  /** As the class draws it. */
  private static final Map<State, Set<State>> DRAWN =
      Map.of(
          State.CONNECTING, EnumSet.of(State.PREPARING, State.STOPPING),
          State.PREPARING, EnumSet.of(State.CONNECTING, State.STREAMING, State.STOPPING),
          State.STREAMING, EnumSet.of(State.STOPPING),
          State.STOPPING, EnumSet.of(State.STOPPED),
          State.STOPPED, EnumSet.noneOf(State.class));

  private static final Map<State, Consumer<Lifecycle>> STEPS =
      Map.of(
          State.CONNECTING, life -> life.advance(State.CONNECTING),
          State.PREPARING, life -> life.advance(State.PREPARING),
          State.STREAMING, life -> life.advance(State.STREAMING),
          State.STOPPING, life -> life.stop(null),
          State.STOPPED, Lifecycle::stopped);

  @Test
  void givenAnyStateWhenAnyStepIsTakenThenItGoesWhereItIsDrawnAndNowhereElse() {
    Map<State, Deque<State>> ways = ways();
    assertThat(ways).containsOnlyKeys(State.values());
    ways.forEach(
        (from, way) ->
            STEPS.forEach(
                (to, step) -> {
                  Lifecycle life = new Lifecycle();
                  way.forEach(each -> STEPS.getOrDefault(each, l -> {}).accept(life));
                  assertThat(life.state()).isEqualTo(from);
                  if (DRAWN.getOrDefault(from, Set.of()).contains(to)) {
                    step.accept(life);
                    assertThat(life.state()).as("%s from %s", to, from).isEqualTo(to);
                  } else if (to != State.STOPPED && life.isStopping()) {
                    step.accept(life); // too late: nothing happens
                    assertThat(life.state()).isEqualTo(from);
                  } else {
                    assertThatThrownBy(() -> step.accept(life))
                        .as("%s from %s", to, from)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining(from.name())
                        .hasMessageContaining(to.name());
                  }
                }));
  }

  /** How to come to each state. */
  private static Map<State, Deque<State>> ways() {
    Map<State, Deque<State>> ways = new HashMap<>(Map.of(State.CONNECTING, new ArrayDeque<>()));
    Deque<State> open = new ArrayDeque<>(ways.keySet());
    while (!open.isEmpty()) {
      State from = open.remove();
      for (State to : DRAWN.getOrDefault(from, Set.of())) {
        Deque<State> way = new ArrayDeque<>(ways.getOrDefault(from, new ArrayDeque<>()));
        way.add(to);
        if (ways.putIfAbsent(to, way) == null) {
          open.add(to);
        }
      }
    }
    return ways;
  }

  @Test
  void givenTwoErrorsWhenItStopsThenTheFirstIsTheOneThatIsTold() {
    Lifecycle life = new Lifecycle();
    Exception first = new IllegalStateException("first");

    assertThat(life.stop(first)).isTrue();
    assertThat(life.stop(new IllegalStateException("second"))).isFalse();
    assertThat(life.stop(null)).isFalse();

    assertThat(life.failure()).isSameAs(first);
  }

  @Test
  void givenAStartThatWaitsWhenItIsToStopThenItIsInterruptedAndLaterWorkOfItsThreadIsNot()
      throws Exception {
    Lifecycle life = new Lifecycle();
    CountDownLatch waits = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    AtomicBoolean stillInterrupted = new AtomicBoolean(true);
    Thread starter =
        new Thread(
            () -> {
              life.starting();
              waits.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.set(true);
                Thread.currentThread().interrupt();
              }
              life.started();
              stillInterrupted.set(Thread.currentThread().isInterrupted());
            });
    starter.start();
    waits.await();

    life.stop(null);

    starter.join(Duration.ofSeconds(30).toMillis());
    assertThat(interrupted).isTrue();
    assertThat(stillInterrupted).isFalse();
  }

  @Test
  void givenAStopThatComesBeforeTheStartWhenItStartsThenItDoesNotWait() throws Exception {
    Lifecycle life = new Lifecycle();
    life.stop(null);

    assertThat(life.awaitStopping(Duration.ofDays(1))).isTrue();
    assertThat(life.advance(State.PREPARING)).isFalse();
  }
}
