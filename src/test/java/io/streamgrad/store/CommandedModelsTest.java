package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.changelog.DeletedModel;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.changelog.UnfinishedImport;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Control;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Moment;
import io.streamgrad.recovery.ChangelogView;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

/** Models that have obeyed commands, as they are stored. */
class CommandedModelsTest {
  private static final long TARGET = Duration.ofMinutes(10).toNanos();
  private static final int PIECE = 100;
  private static final ModelSpec CONFIG =
      ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 3, 2]")).model();

  private final KeyValueStore<Bytes, byte[]> bytes = Stores.inMemoryKeyValueStore("w").get();
  private final AtomicLong now = new AtomicLong();

  @Test
  void aStateHasWhatCommandsHaveMadeOfIt() {
    Control control =
        new Control(
            3,
            List.of(5L, 9L, 70L),
            true,
            new TreeMap<>(Map.of("averaging", "0", "learning-rate.initial", "0.5")),
            List.of("first", "gr\u00f6\u00dfe"));
    ModelEntry model = model(70);
    model.state().setControl(control);
    ModelEntry commanded = new ModelEntry(model.state(), new Lineage(0, 69, 7, -1, 12));

    ModelEntry back = ModelCodec.decode(ModelCodec.encode(commanded));

    assertThat(back.state().control()).isEqualTo(control);
    assertThat(back.lineage()).isEqualTo(commanded.lineage());
    assertThat(control.incarnationAt(4)).isZero();
    assertThat(control.incarnationAt(9)).isEqualTo(2);
    assertThat(control.incarnationAt(70)).isEqualTo(3);
  }

  /** Nothing else is due: a restore would have to learn that again, and can't obey. */
  @Test
  void aModelThatHasObeyedIsWrittenWithTheNextCommitAndNoOther() {
    WeightsStore store = store();
    store.put("other", model(1));
    store.put("m", model(2));
    store.putWhole("m", model(3), new Moment(4, 0));
    store.write(Occasion.COMMIT);

    assertThat(store.namesBehind()).containsExactly("other");
    assertThat(Objects.requireNonNull(store().get("m")).lineage().offset()).isEqualTo(3);
    assertThat(store().get("other")).isNull();
  }

  @Test
  void anOlderStateThatIsOnItsWayIsNotTheLastOne() {
    WeightsStore store = store();
    store.put("m", model(1));
    now.set(TARGET - 1);
    store.write(Occasion.COMMIT); // not due
    now.set(TARGET);
    store.write(Occasion.COMMIT); // a piece
    assertThat(store().get("m")).as("some of its pieces").isNull();
    store.putWhole("m", model(2), new Moment(3, 0));
    store.write(Occasion.COMMIT);

    assertThat(store.namesBehind()).isEmpty();
    assertThat(Objects.requireNonNull(store().get("m")).lineage().offset()).isEqualTo(2);
  }

  @Test
  void aModelThatBeginsAgainInTheCommitThatDeletedItIsTheNewOne() {
    WeightsStore store = store();
    store.putWhole("m", model(1), new Moment(2, 0));
    byte[] state = ModelCodec.encode(model(1));
    store.tagged().put("m", new TaggedState("x", false, 0, state));
    assertThat(store.edited()).isBetween((long) state.length, 2L * state.length);
    store.write(Occasion.COMMIT);
    assertThat(store.edited()).isZero();
    DeletedModel left = new DeletedModel(Control.NONE.obeyed("x"), new Lineage(0, 5, -1));
    store.delete("m", left);
    assertThat(store.get("m")).isNull();
    assertThat(store.names()).isEmpty();
    store.put("m", model(7));
    store.write(Occasion.ALL);

    WeightsStore restored = store();
    assertThat(Objects.requireNonNull(restored.get("m")).lineage().offset()).isEqualTo(7);
    assertThat(restored.tagged().tags("m", false)).isEmpty();
    assertThat(restored.deleted("m")).isEqualTo(left);
    assertThat(restored.states()).isEqualTo(store.states());
  }

  @Test
  void ofADeletedModelNothingIsStoredButWhatIsLeft() {
    WeightsStore store = store();
    store.putWhole("m", model(1), new Moment(2, 0));
    store.tagged().put("m", new TaggedState("x", false, 0, ModelCodec.encode(model(1))));
    store.write(Occasion.COMMIT);
    store.delete("m", new DeletedModel(Control.NONE.obeyed("x"), new Lineage(0, 5, -1)));
    store.write(Occasion.COMMIT);

    assertThat(bytes.approximateNumEntries()).as("it and the position").isEqualTo(2);
    WeightsStore restored = store();
    assertThat(restored.names()).isEmpty();
    assertThat(restored.namesEver()).containsExactly("m");
  }

  /** Offsets begin anew, and so do the tags of what was before a command. */
  @Test
  void withACommandsTopicThatWasMadeAnewWhatIsKeptStaysApartAndOlder() {
    WeightsStore store = store();
    store.input().trackCommands(TestPartition.position(0));
    store.input().advanceCommands(9);
    store.putWhole("m", model(1), new Moment(2, 0));
    for (int command : new int[] {5, 2, 9}) {
      store.tagged().put("m", kept("before-" + command, command));
    }
    store.tagged().put("m", new TaggedState("good", false, 4, ModelCodec.encode(model(4))));
    UnfinishedImport begun = new UnfinishedImport("x", "", 100, 1, 2);
    store.imported().add("m", begun, new byte[2]);
    store.write(Occasion.COMMIT);

    adopt(TestPartition.position(10));
    assertThat(store().tagged().tags("m", true))
        .containsExactly("before-2", "before-5", "before-9");
    assertThat(store().imported().get("m")).isEqualTo(begun);

    adopt(TestPartition.position(3));
    WeightsStore after = store();
    assertThat(after.tagged().tags("m", true))
        .containsExactly("before-2.1", "before-5.1", "before-9.1");
    assertThat(after.imported().get("m")).isNull();
    after.input().trackCommands(TestPartition.position(3));
    after.input().advanceCommands(8);
    after.tagged().put("m", kept("before-5", 5));
    after.tagged().put("m", kept("before-3", 3));
    after.write(Occasion.ALL);
    adopt(TestPartition.position(3));

    assertThat(store().tagged().tags("m", true))
        .containsExactly("before-5.1", "before-9.1", "before-3.1", "before-5.2");
    assertThat(store().tagged().tags("m", false)).containsExactly("good");
    assertThat(Objects.requireNonNull(store().tagged().get("m", "before-9.1")).state())
        .isEqualTo(ModelCodec.encode(model(9)));
  }

  private static TaggedState kept(String tag, long command) {
    return new TaggedState(tag, true, command, ModelCodec.encode(model(command)));
  }

  private void adopt(Position commands) {
    ChangelogView stored = new ChangelogView();
    try (KeyValueIterator<Bytes, byte[]> all = bytes.all()) {
      all.forEachRemaining(record -> stored.put(record.key.get(), record.value));
    }
    ChangelogEdit edit = new ChangelogEdit(stored);
    edit.adopt(TestPartition.position(20), null, commands, true, new byte[1]);
    edit.changes().forEach(change -> bytes.put(Bytes.wrap(change.key), change.value));
  }

  private WeightsStore store() {
    WeightsStore store =
        new WeightsStore(
            bytes,
            HeapShare.unlimited(),
            PIECE,
            new RecoveryTarget(Duration.ofNanos(TARGET), PIECE),
            now::get);
    store.input().trackPosition(TestPartition.position(0), false); // states may stay behind
    return store;
  }

  private static ModelEntry model(long offset) {
    return new ModelEntry(ModelState.initial(CONFIG), new Lineage(0, offset, 0));
  }
}
