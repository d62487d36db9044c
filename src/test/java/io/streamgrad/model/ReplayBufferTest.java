package io.streamgrad.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.streamgrad.config.load.ConfigLoader;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReplayBufferTest {
  private static final int SIDE = 3;
  private static final int INPUTS = SIDE * SIDE;
  private static final int CLASSES = 3;
  private static final int KEPT = 20;
  private static final long SEED = 77;

  /** What is kept, by another hand: images in a list, hashes as the numbers they are. */
  private static final class Reference {
    private final String policy;
    private final List<int[]> images = new ArrayList<>(); // label, then pixels
    private final Map<Integer, Integer> since = new HashMap<>(); // by class
    private long inserted;
    private long drawn;

    Reference(String policy) {
      this.policy = policy;
    }

    private static BigInteger hash(long what, long counter) {
      SplitMix64 of = new SplitMix64(new SplitMix64(SEED).nextLong() + what);
      long hash = new SplitMix64(of.nextLong() + counter).nextLong();
      return new BigInteger(Long.toUnsignedString(hash));
    }

    /** The number below n that the upper bits of a hash come to. */
    private static int below(long n, BigInteger hash, int bits) {
      return hash.shiftRight(64 - bits)
          .multiply(BigInteger.valueOf(n))
          .shiftRight(bits)
          .intValueExact();
    }

    void insert(int... image) {
      int label = image[0];
      int came = since.values().stream().mapToInt(Integer::intValue).sum() + 1;
      int ofClass = since.merge(label, 1, Integer::sum);
      int[] theirs =
          IntStream.range(0, images.size()).filter(p -> images.get(p)[0] == label).toArray();
      int chance = below(policy.equals("balanced") ? ofClass : came, hash(1, inserted++), 63);
      switch (policy) {
        case "fifo" -> put(images.size() < KEPT ? images.size() : (came - 1) % KEPT, image);
        case "reservoir" -> put(images.size() < KEPT ? images.size() : chance, image);
        case "balanced" -> {
          if (theirs.length < KEPT / CLASSES) {
            images.add(image);
          } else if (chance < theirs.length) {
            images.set(theirs[chance], image);
          }
        }
        default -> throw new IllegalArgumentException(policy);
      }
    }

    private void put(int place, int... image) {
      if (place == images.size() && place < KEPT) {
        images.add(image);
      } else if (place < KEPT) {
        images.set(place, image);
      }
    }

    int[] draw(int shift) {
      int[] image = images.get(below(images.size(), hash(2, drawn), 32));
      BigInteger hash = hash(3, drawn++);
      int down = below(2L * shift + 1, hash, 32) - shift;
      BigInteger lower = hash.shiftLeft(32).mod(BigInteger.ONE.shiftLeft(64));
      int right = below(2L * shift + 1, lower, 32) - shift;
      int[] moved = new int[image.length];
      moved[0] = image[0];
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
          int fromY = y - down;
          int fromX = x - right;
          boolean inside = fromY >= 0 && fromY < SIDE && fromX >= 0 && fromX < SIDE;
          moved[1 + y * SIDE + x] = inside ? image[1 + fromY * SIDE + fromX] : 0;
        }
      }
      return moved;
    }

    void clear() {
      images.clear();
      since.clear();
    }
  }

  @ParameterizedTest
  @CsvSource({"reservoir, 0", "reservoir, 2", "fifo, 1", "balanced, 1"})
  void itKeepsAndDrawsWhatAnImplementationByAnotherHandDoes(String policy, int shift) {
    Random random = new Random(5);
    Reference reference = new Reference(policy);
    ReplayBuffer buffer = buffer(policy);
    for (int round = 0; round < 60; round++) {
      MiniBatch batch = batch(random, 1 + random.nextInt(4));
      buffer.insert(SEED, batch);
      images(batch).forEach(reference::insert);
      MiniBatch drawn = MiniBatch.of(INPUTS, new byte[3 * INPUTS], new byte[3]);
      buffer.draw(SEED, shift, drawn);
      assertThat(images(drawn))
          .usingRecursiveComparison()
          .isEqualTo(List.of(reference.draw(shift), reference.draw(shift), reference.draw(shift)));
      assertThat(buffer.images()).isEqualTo(reference.images.size());
      assertThat(buffer.isSound(CLASSES)).isTrue();
      if (round == 40) {
        buffer.clear();
        reference.clear();
      }
    }
  }

  /** 200 buffers of 20 images out of 100: each is in 40 of them, give or take. */
  @Test
  void aReservoirKeepsEachImageWithTheSameChance() {
    int[] kept = new int[100];
    for (int seed = 0; seed < 200; seed++) {
      ReplayBuffer buffer = buffer("reservoir");
      for (int image = 0; image < 100; image++) {
        byte[] pixels = new byte[INPUTS];
        pixels[0] = (byte) image;
        buffer.insert(seed, MiniBatch.of(INPUTS, pixels, new byte[1]));
      }
      for (int place = 0; place < KEPT; place++) {
        kept[buffer.pixels()[place * INPUTS]]++;
      }
    }
    assertThat(IntStream.of(kept)).allSatisfy(times -> assertThat(times).isBetween(15, 65));
    assertThat(IntStream.of(kept).limit(50).sum() / 50.0).isCloseTo(40, within(3.0));
  }

  @Test
  void learningAgainCountsMoreAndMoreUntil500ImagesHaveComeSinceItWasEmpty() {
    ReplayBuffer buffer = buffer("fifo");
    buffer.insert(SEED, batch(new Random(1), 50));
    assertThat(buffer.ramp()).isEqualTo(0.1);
    buffer.insert(SEED, batch(new Random(1), 500));
    assertThat(buffer.ramp()).isEqualTo(1);
    buffer.clear();
    assertThat(buffer.ramp()).isZero();
    assertThat(buffer.counters().inserted).as("goes on").isEqualTo(550);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsConfiguredOtherwiseBeginsWithNothing(ReplaySpec.Policy policy) {
    ModelState state = ModelState.initial(spec(policy.name(), KEPT));
    ReplayBuffer before = Objects.requireNonNull(state.replay());
    before.insert(SEED, batch(new Random(1), 5));

    state.replayBy(spec(policy.name(), KEPT));
    assertThat(state.replay()).isSameAs(before);
    state.replayBy(spec(policy.name(), KEPT + 1));
    assertThat(images(state)).isZero();
    state.replayBy(spec(policy == ReplaySpec.Policy.FIFO ? "balanced" : "fifo", KEPT + 1));
    assertThat(Objects.requireNonNull(state.replay()).policy()).isNotEqualTo(policy);
    state.replayBy(spec("fifo", 0));
    assertThat(state.replay()).isNull();
  }

  /** Which is how a restore notices that it has come to others. */
  @Test
  void whatIsKeptAndDrawnIsPartOfTheHistory() {
    ModelState state = ModelState.initial(spec("fifo", KEPT));
    ReplayBuffer replay = Objects.requireNonNull(state.replay());
    Evaluation evaluation = new Evaluation(1, 1, 0.5);
    Set<Long> histories = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      state.progress().history = 0;
      state.remember(1, UpdateOutcome.UPDATED, evaluation);
      histories.add(state.progress().history);
      if (i == 0) {
        replay.counters().drawn++;
      } else {
        replay.insert(SEED, batch(new Random(1), 1));
      }
    }
    assertThat(histories).hasSize(3);
  }

  private static @Nullable Integer images(ModelState state) {
    ReplayBuffer replay = state.replay();
    return replay == null ? null : replay.images();
  }

  private static ReplayBuffer buffer(String policy) {
    return Objects.requireNonNull(ReplayBuffer.of(spec(policy, KEPT)));
  }

  private static ModelSpec spec(String policy, int images) {
    return ConfigLoader.load(
            null,
            Map.of(),
            Map.of(
                "model.layers", "[%d, %d]".formatted(INPUTS, CLASSES),
                "model.drift.detector", "adwin",
                "model.replay.images", Integer.toString(images),
                "model.replay.policy", policy.toLowerCase(Locale.ROOT)))
        .model();
  }

  private static MiniBatch batch(Random random, int images) {
    byte[] pixels = new byte[2 + images * INPUTS];
    random.nextBytes(pixels);
    byte[] labels = new byte[1 + images];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) random.nextInt(CLASSES);
    }
    return new MiniBatch(images, INPUTS, pixels, 2, labels, 1);
  }

  private static List<int[]> images(MiniBatch batch) {
    List<int[]> images = new ArrayList<>();
    for (int i = 0; i < batch.images(); i++) {
      int[] image = new int[1 + INPUTS];
      image[0] = batch.label(i);
      for (int p = 0; p < INPUTS; p++) {
        image[1 + p] = batch.pixels()[batch.pixelsOffset() + i * INPUTS + p];
      }
      images.add(image);
    }
    return images;
  }
}
