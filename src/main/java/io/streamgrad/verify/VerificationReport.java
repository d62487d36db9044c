package io.streamgrad.verify;

import java.util.List;

/**
 * What a verification found. Immutable.
 *
 * @param models every model that was looked at, by name, then partition
 * @param committed the offset of each partition of the input, up to which (itself excluded) all was
 *     compared
 * @param deadLetters bad records that were found among the dead letters as they should be
 * @param notChecked outputs that could not be judged: deleted, or their input is, or it lies before
 *     the snapshot that was begun with
 * @param skipped inputs that "streamgrad adopt" left out
 * @param disagreements the first ones of each kind
 * @param disagreementCount all of them
 */
public record VerificationReport(
    List<Model> models,
    List<Long> committed,
    long deadLetters,
    long notChecked,
    long skipped,
    List<Disagreement> disagreements,
    long disagreementCount) {

  public VerificationReport {
    models = List.copyOf(models);
    committed = List.copyOf(committed);
    disagreements = List.copyOf(disagreements);
  }

  /**
   * A model after the last batch that was compared.
   *
   * @param partition of the input
   * @param version updates applied in its life
   * @param predictions that were found as they should be
   * @param offset of its last batch; -1 if it has none
   * @param since offset of the snapshot that was begun with; -1: began with the log
   * @param weightsSha256 as of {@link io.streamgrad.store.ModelCodec#weightsSha256}
   * @param weightsCompared whether stored weights were found and compared
   */
  public record Model(
      String name,
      int partition,
      long version,
      long predictions,
      long offset,
      long since,
      String weightsSha256,
      boolean weightsCompared) {}

  /** Whether everything is as the input log says it must be. */
  public boolean agrees() {
    return disagreementCount == 0;
  }

  /** Updates in the lives of all models. */
  public long updates() {
    return models.stream().mapToLong(Model::version).sum();
  }

  /** Predictions of all models that were found as they should be. */
  public long predictions() {
    return models.stream().mapToLong(Model::predictions).sum();
  }

  /** One line for a person. */
  public String summary() {
    String what =
        models.size() == 1
            ? "model \"%s\", weightsSha256 %s"
                .formatted(models.get(0).name(), models.get(0).weightsSha256())
            : models.size() + " models";
    return "%s: %d updates, %d predictions, %d dead letters%s%s, committed offsets %s: %s"
        .formatted(
            agrees() ? "agrees" : disagreementCount + " disagreements",
            updates(),
            predictions(),
            deadLetters,
            notChecked == 0 ? "" : ", %d outputs not checked".formatted(notChecked),
            skipped == 0 ? "" : ", %d inputs skipped by streamgrad adopt".formatted(skipped),
            committed,
            what);
  }
}
