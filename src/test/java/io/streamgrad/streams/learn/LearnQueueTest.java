package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The test's thread is the stream thread. */
@Timeout(30)
class LearnQueueTest {
  private static final String THREAD = "learn-queue-test";

  private final LearnQueue queue = new LearnQueue(THREAD, Duration.ofDays(1));
  private final Semaphore mayEnd = new Semaphore(0);
  private final Queue<Integer> done = new ConcurrentLinkedQueue<>();
  private final List<Integer> passedOn = new ArrayList<>();

  @BeforeEach
  void findThatWorkIsFast() {
    IntStream.range(0, 1000).forEach(i -> queue.add(() -> i, result -> {}));
    queue.finish();
  }

  @AfterEach
  void close() {
    mayEnd.release(1000);
    queue.close();
  }

  @Test
  void workIsDoneInOrderOnAThreadOfItsOwnAndPassedOnInOrderByTheStreamThread() {
    List<String> threads = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      int number = i;
      queue.add(
          () -> number + " on " + Thread.currentThread().getName(),
          result -> threads.add(result + ", passed on by " + Thread.currentThread().getName()));
    }
    queue.finish();

    String here = Thread.currentThread().getName();
    assertThat(threads)
        .isEqualTo(
            IntStream.range(0, 1000)
                .mapToObj(i -> "%d on %s, passed on by %s".formatted(i, THREAD, here))
                .toList());
  }

  @Test
  void aFullQueueIsHalfDoneBeforeItTakesMore() {
    int half = LearnQueue.CAPACITY / 2;
    for (int i = 1; i < LearnQueue.CAPACITY; i++) {
      add(i);
    }
    assertThat(passedOn).isEmpty();

    mayEnd.release(half);
    add(LearnQueue.CAPACITY);

    assertThat(passedOn).isEqualTo(IntStream.rangeClosed(1, half).boxed().toList());
  }

  @Test
  void slowWorkIsDoneBeforeMoreIsTaken() {
    try (LearnQueue slow = new LearnQueue(THREAD, Duration.ofNanos(1))) {
      for (int i = 1; i <= 100; i++) {
        int number = i;
        slow.add(() -> number, passedOn::add);
        assertThat(passedOn).hasSize(i);
      }
    }
  }

  @Test
  void whatComesAfterAFailureIsNeitherDoneNorPassedOn() {
    RuntimeException failure = new IllegalStateException("fails on purpose");
    add(1);
    queue.add(
        () -> {
          throw failure;
        },
        result -> passedOn.add(-1));
    add(3);
    add(4);
    mayEnd.release(10);

    assertThatThrownBy(queue::finish).hasCause(failure);
    assertThatThrownBy(queue::finish).hasCause(failure);
    assertThatThrownBy(() -> add(5)).hasCause(failure);
    assertThat(passedOn).containsExactly(1);
    assertThat(done).containsExactly(1);
  }

  @Test
  void closingLetsEndWhatRunsAndDiscardsWhatWaitsForGood() {
    for (int i = 1; i < LearnQueue.CAPACITY; i++) { // several groups, and the last not handed over
      add(i);
    }
    Awaitility.await().until(mayEnd::hasQueuedThreads);
    Thread closing = new Thread(queue::close);
    closing.start();
    Awaitility.await().until(() -> closing.getState() == Thread.State.WAITING);
    assertThat(done).isEmpty();

    mayEnd.release(LearnQueue.CAPACITY);

    Awaitility.await().until(() -> !closing.isAlive());
    assertThat(done).containsExactly(1);
    assertThat(passedOn).isEmpty();
    Awaitility.await().until(() -> threads().isEmpty());
    assertThatThrownBy(queue::finish).isInstanceOf(CancellationException.class);
  }

  /** Work that ends when it may. */
  private void add(int number) {
    queue.add(
        () -> {
          mayEnd.acquireUninterruptibly();
          done.add(number);
          return number;
        },
        passedOn::add);
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(THREAD::equals)
        .toList();
  }
}
