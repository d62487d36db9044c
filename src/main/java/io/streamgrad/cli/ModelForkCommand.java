package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.wire.ImportCommands;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/**
 * Has a model begin as another one is: a snapshot of that, and an import of the snapshot. Each has
 * an effect once for an id, so that the two together may be sent again.
 */
@picocli.CommandLine.Command(
    name = "fork",
    description = {
      "Has a model begin as another one is: with its weights, average, moments and what was set of"
          + " it, and a score of its own, but without images that are kept or wait to be learned."
          + " What was before is kept as a snapshot; a model that is not there begins.",
      "That is a snapshot of the one, kept as fork-ID, and an import of it into the other. The same"
          + " --id again does what is not done yet."
    },
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelForkCommand extends SteeringCommand {
  @Parameters(index = "1", paramLabel = "NEW", description = "The model that begins.")
  private String fork;

  @Override
  int run(ServiceConfig config, String called) throws InterruptedException, Refusal {
    Arguments.requireModelName(spec(), "NEW", fork);
    Arguments.require(spec(), !fork.equals(name()), "NEW", fork, "another model than NAME");
    requireAllowed(config, fork);
    if (!config.model(fork).layers().equals(config.model(name()).layers())) {
      throw new Refusal(
          "model %s has layers %s, and %s is configured with %s: see models.%s"
              .formatted(
                  name(), config.model(name()).layers(), fork, config.model(fork).layers(), fork));
    }
    byte[] state;
    if (isDryRun()) {
      state = present(config);
    } else {
      String tag = TaggedState.FORK + called;
      Command snapshot =
          Command.newBuilder().setId(called).setKind(Kind.SNAPSHOT).setTag(tag).build();
      decoded(snapshot);
      Applied applied = sent(config, name(), List.of(snapshot));
      TaggedState kept = kept(config, tag);
      if (kept == null && applied.getOutcome() == Applied.Outcome.DONE) {
        throw new IllegalStateException(
            "the snapshot %s is gone already, for later ones: send it again with another --id"
                .formatted(tag));
      }
      if (kept == null) {
        return said(config, applied); // refused, and not because it was done before
      }
      state = kept.state();
    }
    return run(config, fork, ImportCommands.fork(called, state, config.model(fork)));
  }

  private byte[] present(ServiceConfig config) throws InterruptedException, Refusal {
    try (StoredModels models = new StoredModels(config)) {
      ModelEntry stored = models.all(name()).get(name());
      if (stored == null) {
        throw new Refusal("there is no model \"%s\" yet".formatted(name()));
      }
      return ModelCodec.encode(new ModelEntry(stored.state().withoutPending(), stored.lineage()));
    }
  }

  private @Nullable TaggedState kept(ServiceConfig config, String tag) throws InterruptedException {
    try (StoredModels models = new StoredModels(config)) {
      return models.all(name()).tagged(name(), tag);
    }
  }
}
