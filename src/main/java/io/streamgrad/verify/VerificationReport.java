package io.streamgrad.verify;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a verification found. Immutable.
 *
 * @param models every model that was looked at, by name, then partition
 * @param committed the offset of each partition of the input, up to which (itself excluded) all was
 *     compared
 * @param predictions that were found as they should be, those of deleted models too
 * @param deadLetters bad records that were found among the dead letters as they should be
 * @param labels what came of labels that is as it should be
 * @param repeated outputs that were published again, as at-least-once processing may after a crash
 * @param notChecked outputs that could not be judged: deleted, or their input is, or it lies before
 *     the snapshot that was begun with, or they were repeated too late to be compared
 * @param skipped inputs that "streamgrad adopt" left out
 * @param disagreements the first ones of each kind
 * @param counts how many there are of each kind, of which there are any
 * @param notes sentences that help to read the rest
 */
public record VerificationReport(
    List<Model> models,
    List<Long> committed,
    long predictions,
    long deadLetters,
    long labels,
    long repeated,
    long notChecked,
    long skipped,
    List<Disagreement> disagreements,
    Map<Disagreement.Kind, Long> counts,
    List<String> notes) {

  public VerificationReport {
    models = List.copyOf(models);
    committed = List.copyOf(committed);
    disagreements = List.copyOf(disagreements);
    counts = Collections.unmodifiableMap(new TreeMap<>(counts));
    notes = List.copyOf(notes);
  }

  /**
   * A model after the last batch that was compared.
   *
   * @param partition of the input
   * @param version updates applied in its life
   * @param predictions that were found as they should be
   * @param offset of its last batch; -1 if it has none
   * @param since offset of the snapshot that was begun with; -1: began with the log
   * @param weightsSha256 as of {@link io.streamgrad.format.state.ModelCodec#weightsSha256}
   * @param weightsCompared whether stored weights were compared, or what came of all batches with
   *     what the service says of it
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
    return counts.isEmpty();
  }

  /** Updates in the lives of all models. */
  public long updates() {
    return models.stream().mapToLong(Model::version).sum();
  }

  /** How many disagreements there are. */
  public long disagreementCount() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** For a person: how many disagreements there are of each kind, a line each. */
  public List<String> totals() {
    return counts.entrySet().stream().map(kind -> total(kind.getKey(), kind.getValue())).toList();
  }

  private static String total(Disagreement.Kind kind, long count) {
    return "%s: %d in all%s"
        .formatted(
            kind.text(),
            count,
            count > Findings.KEPT_OF_A_KIND
                ? ", only the first %d are shown".formatted(Findings.KEPT_OF_A_KIND)
                : "");
  }

  /** One line for a person. */
  public String summary() {
    String what =
        models.size() == 1
            ? "model \"%s\", weightsSha256 %s"
                .formatted(models.get(0).name(), models.get(0).weightsSha256())
            : models.size() + " models";
    return "%s: %d updates, %d predictions, %d dead letters%s%s%s%s, committed offsets %s: %s"
        .formatted(
            agrees() ? "agrees" : disagreementCount() + " disagreements",
            updates(),
            predictions,
            deadLetters,
            labels == 0 ? "" : ", %d effects of labels".formatted(labels),
            repeated == 0 ? "" : ", %d outputs repeated (at least once)".formatted(repeated),
            notChecked == 0 ? "" : ", %d outputs not checked".formatted(notChecked),
            skipped == 0 ? "" : ", %d inputs skipped by streamgrad adopt".formatted(skipped),
            committed,
            what);
  }
}
