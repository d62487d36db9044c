package io.streamgrad.wire;

import io.streamgrad.config.Followers;
import io.streamgrad.config.ServiceConfig;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * How many models there may be in a partition. Which names came in time follows from the log, and
 * from any offset on also from the names that there are later: if there are as many as there may
 * be, a name among them is let in whenever it comes, and another one is not; if there are fewer, no
 * name was refused. So a replay of any part of the log comes to the same. Followers, which the
 * configuration names, do not count. Not thread-safe.
 */
public final class ModelLimit {
  private final int most;
  private final boolean labelsMayComeLater;
  private final Set<String> names;
  private final Set<String> followers;

  /**
   * The limit of a partition.
   *
   * @param names of its models, now or at any later time
   */
  public ModelLimit(ServiceConfig config, Collection<String> names) {
    this(config, new HashSet<>(names));
  }

  private ModelLimit(ServiceConfig config, Set<String> names) {
    most = config.models().max();
    labelsMayComeLater = config.topics().hasLabels();
    followers = new Followers(config).leaders().keySet();
    this.names = names;
  }

  /** The same, over names that others add to as well. */
  public static ModelLimit over(ServiceConfig config, Set<String> names) {
    return new ModelLimit(config, names);
  }

  /**
   * Checks a good record. A labeled one makes a model, and any where labels may come later; others
   * make none and pass.
   *
   * @throws BadRecordException if it would make one more than there may be
   */
  public void check(String name, DecodedBatch batch) throws BadRecordException {
    check(name, labelsMayComeLater || batch.labeled());
  }

  /**
   * Checks a command. One that imports a state may make a model, and its name has a place from the
   * first piece on; others make none and pass.
   *
   * @throws BadRecordException if it would make one more than there may be
   */
  public void check(String name, DecodedCommand command) throws BadRecordException {
    check(name, makesOne(command));
  }

  /**
   * Checks a command that has not taken effect yet: its name gets no place.
   *
   * @throws BadRecordException if it would make one more than there may be
   */
  public void checkRoom(String name, DecodedCommand command) throws BadRecordException {
    if (makesOne(command)) {
      checkRoom(name);
    }
  }

  private static boolean makesOne(DecodedCommand command) {
    return command.piece() != null && command.piece().number() == 0;
  }

  private void check(String name, boolean makesOne) throws BadRecordException {
    if (makesOne && isNew(name)) {
      checkRoom(name);
      names.add(name);
    }
  }

  private boolean isNew(String name) {
    return !names.contains(name) && !followers.contains(name);
  }

  private void checkRoom(String name) throws BadRecordException {
    long count = count();
    if (isNew(name) && count >= most) {
      throw new BadRecordException(
          BadRecordException.Reason.TOO_MANY_MODELS,
          "there is no model \"%s\", and there are %d in the partition, as many as models.max allows"
              .formatted(name, count));
    }
  }

  /** Another thread may add followers meanwhile. */
  private long count() {
    return followers.isEmpty()
        ? names.size()
        : names.stream().filter(name -> !followers.contains(name)).count();
  }
}
