package io.streamgrad.verify;

import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;

/** A model that is learned again, and what was found of it so far. Not thread-safe. */
final class ReplayedModel {
  /** Where a model begins with the log. */
  static final long NO_SNAPSHOT = -2; // -1: with a snapshot before the first offset

  private ModelState state;
  private final long since;
  private final long labelsSince;
  private final long commandsSince;
  private long offset;
  private long labels;
  private long commands;
  private boolean commanded;
  private boolean predictionSeen;
  private long predictions;
  private boolean weightsCompared;
  private boolean historyCompared;

  /**
   * A model that begins here.
   *
   * @param since offset of the last batch that is in the state, or {@link #NO_SNAPSHOT}
   */
  ReplayedModel(ModelState state, long since) {
    this(state, since, Lineage.NONE);
  }

  /**
   * The same, of a model that takes more than batches.
   *
   * @param lineage of labels and commands that are in the state
   */
  ReplayedModel(ModelState state, long since, Lineage lineage) {
    this.state = state;
    this.since = since;
    labels = lineage.labels();
    commands = lineage.commands();
    labelsSince = since == NO_SNAPSHOT ? -1 : labels;
    commandsSince = since == NO_SNAPSHOT ? -1 : commands;
    offset = Math.max(since, -1);
  }

  ModelState state() {
    return state;
  }

  /** The offset of the snapshot that the model began with, or {@link #NO_SNAPSHOT}. */
  long since() {
    return since;
  }

  /**
   * Whether labels are no part of the replay: the model began with a snapshot of a later moment.
   *
   * @param record offset of the labels
   * @param imagesOffset before the record of which they were processed
   */
  boolean hasTaken(long record, long imagesOffset) {
    return record <= labelsSince || imagesOffset <= since;
  }

  /**
   * Whether what came of labels later, when their batch had come, is no part of the replay.
   *
   * @param imagesOffset the one behind that batch
   */
  boolean hadEffect(long record, long imagesOffset) {
    return record <= labelsSince && imagesOffset <= since + 1;
  }

  /** Whether a command is no part of the replay, as {@link #hasTaken}. */
  boolean hasObeyed(long record, long imagesOffset) {
    return record <= commandsSince || imagesOffset <= since;
  }

  /** Whether there is such a model: nothing is kept before its first batch, or its import. */
  boolean exists() {
    return offset >= 0 || commanded;
  }

  /** Whether it has no state yet that anything is known of: batches without labels leave none. */
  boolean hasLearnedNothing() {
    return since == NO_SNAPSHOT && !exists();
  }

  /** Begins anew, at a later batch than before. */
  void begin(ModelState initial) {
    state = initial;
  }

  /**
   * Notes a command.
   *
   * @param after the state that it has made
   * @param lastBatch offset before which images are behind it
   * @param lastLabels the same of labels
   */
  void obeyed(ModelState after, long record, long lastBatch, long lastLabels) {
    state = after;
    commanded = true;
    commands = record;
    offset = lastBatch;
    labels = lastLabels;
  }

  /** The offset of the last command that had an effect; -1 before the first. */
  long commands() {
    return commands;
  }

  /** Notes the batch that the state has just learned from. */
  void learned(long batch) {
    offset = batch;
  }

  /** Notes the labels that the state has just taken. */
  void tookLabels(long record) {
    labels = record;
  }

  /** The offset of the last labels that had an effect; -1 before the first. */
  long labels() {
    return labels;
  }

  /** The offset of the last batch learned from; -1 before the first. */
  long offset() {
    return offset;
  }

  /** The model as it would be stored, except for lineage and report window. */
  ModelEntry stored() {
    return new ModelEntry(state, Lineage.NONE);
  }

  void predictionSeen(boolean right) {
    predictionSeen = true;
    predictions += right ? 1 : 0;
  }

  /** Whether any prediction of the model was found yet. */
  boolean hasPrediction() {
    return predictionSeen;
  }

  /** Predictions found as they should be. */
  long predictions() {
    return predictions;
  }

  /** The state that is stored was compared. */
  void weightsCompared() {
    weightsCompared = true;
  }

  boolean hasWeightsCompared() {
    return weightsCompared;
  }

  /** All that came of its batches is as the service says. */
  void historyCompared() {
    historyCompared = true;
  }

  boolean hasHistoryCompared() {
    return historyCompared;
  }
}
