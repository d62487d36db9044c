package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Moment;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.ModelLimit;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a command would come to, judged by what a service has stored: it is obeyed by a copy of that
 * in memory.
 *
 * @param refused why it would change nothing; null where it would be obeyed
 * @param keptAs as in the applied record; the number in it is not yet known
 * @param before the model as it is stored; null where there is none
 * @param after the model as it would be; null where there would be none
 */
public record CommandTrial(
    @Nullable String refused,
    String keptAs,
    @Nullable ModelEntry before,
    @Nullable ModelEntry after) {

  /**
   * Tries commands, one after the other, up to the first that is refused.
   *
   * @param stored what the changelog has of the model, all of it
   * @param partition that the model lives in
   * @param names of all models of the partition, and of those that were deleted
   * @throws BadRecordException if one would become a dead letter
   */
  public static CommandTrial of(
      ServiceConfig config,
      ChangelogView stored,
      String name,
      int partition,
      Set<String> names,
      List<DecodedCommand> commands)
      throws BadRecordException {
    ModelLimit limit = new ModelLimit(config, names);
    for (DecodedCommand command : commands) {
      limit.check(name, command);
    }
    Position position = stored.position();
    long next = position == null ? 0 : position.offset();
    Event event =
        new Event(
            InputPositions.of(config.topics().commands(), partition, 0), 0, new Moment(next, 0));
    ModelEntry before = stored.get(name); // an object of its own: obeying changes the other
    try (PendingImages images = new PendingImages(config, partition, null)) {
      WeightsStore store = new ChangelogEdit(stored).store();
      PartitionModels models = new PartitionModels(config, store, images);
      Commands.Outcome outcome = Commands.Outcome.DONE;
      for (DecodedCommand command : commands) {
        if (outcome.refused() == null) {
          outcome = new Commands(config, models).take(name, command, event);
        }
      }
      return new CommandTrial(outcome.refused(), outcome.keptAs(), before, store.get(name));
    }
  }
}
