package io.streamgrad.store;

import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.Following;
import io.streamgrad.format.changelog.LabelsTaken;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.Moment;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Where the models of a partition stand in their input, and what is stored of it: the positions in
 * its topics, when labels were processed, and with which settings. Written by {@link
 * WeightsStore#write}, and used by the threads that use the store.
 */
public final class InputPlace {
  private final PositionTracker images;
  private final PositionTracker labels; // tracked where there is a topic of labels
  private final PositionTracker commands; // tracked where there is a topic of commands
  private final LabelOrder order;
  private final PartitionNotes notes;
  private volatile long imagesStart; // as far as it is known

  InputPlace(KeyValueStore<Bytes, byte[]> store) {
    images = new PositionTracker(store, PartitionRecords.POSITION);
    labels = new PositionTracker(store, PartitionRecords.LABELS_POSITION);
    commands = new PositionTracker(store, PartitionRecords.COMMANDS_POSITION);
    order = new LabelOrder(store);
    notes = new PartitionNotes(store);
  }

  /** The position that was written last; null if none was. */
  public @Nullable Position position() {
    return images.stored();
  }

  /** The position that the last states written, or cut off, lead to; null unless announced. */
  public @Nullable Position announcedPosition() {
    return images.announced();
  }

  /**
   * From now on each {@link WeightsStore#write} also writes the position, last, if it has changed;
   * until the store is initialized again.
   *
   * @param announced whether it is also written before the models, see {@link #announcedPosition}
   */
  public void trackPosition(Position from, boolean announced) {
    images.begin(from, announced);
  }

  /** The position in the labels topic that was written last; null if none was. */
  public @Nullable Position labelsPosition() {
    return labels.stored();
  }

  /** When labels were processed that stored states may lack, in their order. */
  public List<LabelsTaken> labelOrder() {
    return order.stored();
  }

  /**
   * From now on each {@link WeightsStore#write} also writes the position in the labels topic, and
   * when labels were processed that states lack.
   */
  public void trackLabels(Position from) {
    labels.begin(from, false);
    order.begin();
  }

  /** The position in the commands topic that was written last; null if none was. */
  public @Nullable Position commandsPosition() {
    return commands.stored();
  }

  /**
   * From now on each {@link WeightsStore#write} also writes the position in the commands topic. No
   * stored state lacks any of it.
   */
  public void trackCommands(Position from) {
    commands.begin(from, false);
  }

  /**
   * The offset of the first record that stored states lack, where the images of earlier ones are
   * needed as well; 0 where none are, and the position says it all. What came before may have been
   * learned with other settings, or been left out.
   */
  public long learnFrom() {
    return notes.learnFrom();
  }

  /** The settings that the models have learned with up to the position; null if not known. */
  public @Nullable String settings() {
    return notes.storedSettings();
  }

  /**
   * Models learn with these settings from now on: the next {@link WeightsStore#write} stores them,
   * and if they are others than before, also those before.
   *
   * @param before those that they have learned with so far; null if there are no models yet
   */
  public void changeSettings(String settings, @Nullable EarlierSettings before) {
    notes.settings(settings, before);
  }

  /** Settings that others took the place of, oldest first. */
  public List<EarlierSettings> earlierSettings() {
    return notes.earlierSettings();
  }

  /** Which models followed others up to the position, and where. */
  public List<Following> followers() {
    return notes.storedFollowers();
  }

  /** The same from now on: the next {@link WeightsStore#write} stores it. */
  public void changeFollowers(List<Following> followers) {
    notes.followers(followers);
  }

  /**
   * A record of the input is about to be processed, on the stream thread: the next position is
   * after it.
   *
   * @return false if the position already is: the input is not the one that it was
   */
  public boolean advance(long offset) {
    return images.advance(offset);
  }

  /** The same, of the labels topic. */
  public boolean advanceLabels(long offset) {
    return labels.advance(offset);
  }

  /** The same, of the commands topic. */
  public boolean advanceCommands(long offset) {
    return commands.advance(offset);
  }

  /** The moment after the last record that was processed, on the stream thread. */
  public Moment moment() {
    return new Moment(images.offset(), labels.offset());
  }

  /** Where the next records of its topics will be, as far as these are tracked. */
  public Following.Place next() {
    return new Following.Place(images.offset(), labels.offset(), commands.offset());
  }

  /** Labels are processed. */
  public void take(LabelsTaken taken) {
    order.take(taken);
  }

  /** Whether a record was processed since positions are tracked. */
  public boolean hasAdvanced() {
    return images.hasAdvanced() || labels.hasAdvanced() || commands.hasAdvanced();
  }

  /**
   * The first input offset that was passed over since this was last asked: of a marker, of a record
   * that its producer took back, or of one that was deleted; -1 if none was. Any thread may ask.
   */
  public long takeGap() {
    return images.takeGap();
  }

  /** As {@link #takeGap}, of the labels topic. */
  public long takeLabelsGap() {
    return labels.takeGap();
  }

  /** As {@link #takeGap}, of the commands topic. */
  public long takeCommandsGap() {
    return commands.takeGap();
  }

  /** Forgets when labels were processed: no state lacks any. */
  void clearLabelOrder() {
    order.clear();
  }

  /** Keeps the message of what was adopted, to go on at this place. */
  void adopt(byte[] message, Position to) {
    notes.adopt(message, to);
  }

  /** The images topic begins at this offset. Any thread may say so. */
  public void imagesStart(long offset) {
    imagesStart = offset;
  }

  /** The offset at which the images topic begins, or began some time ago. */
  public long imagesStart() {
    return imagesStart;
  }

  /** Whether states may stay behind: the input then is known, and has what they lack. */
  boolean allowsBehind() {
    return images.isTracked() && !notes.hasNewSettings();
  }

  /** Before the states are written: what they lead to. */
  void announce(Moment needed, long states, long models) {
    images.announce(needed.pixels(), states, models);
  }

  /**
   * After the states are written.
   *
   * @param needed from where on the input has what they lack
   * @param states the number over them
   * @param models the number over the models as they are
   */
  void write(Moment needed, long states, long models) {
    if (images.isTracked()) {
      notes.write();
    }
    images.write(needed.pixels(), states, models);
    if (labels.isTracked()) {
      notes.learnFrom(needed);
      order.write(needed.labels());
      labels.write(needed.labels(), 0, 0);
    }
    commands.write(commands.offset(), 0, 0);
  }

  void reset() {
    images.reset();
    labels.reset();
    commands.reset();
    order.reset();
    notes.reset();
    imagesStart = 0;
  }
}
