package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.DeletedModel;
import io.streamgrad.format.changelog.UnfinishedImport;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Control;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.learn.Commands.Outcome;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.StatePiece;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * States that models of a partition begin with by command. The pieces of one are kept in the store
 * until the last has come; of a model there is one such at a time, and a first piece takes the
 * place of what has come of another one (docs/decisions/0035). Used by one thread at a time.
 */
final class Imports {
  private final ServiceConfig config;
  private final PartitionModels models;
  private final Commands commands;

  Imports(ServiceConfig config, PartitionModels models, Commands commands) {
    this.config = config;
    this.models = models;
    this.commands = commands;
  }

  /**
   * Takes a piece, and with the last one has the model begin with the state.
   *
   * @param model as it is; null where there is none
   */
  Outcome take(String name, @Nullable ModelEntry model, DecodedCommand command, Event event) {
    StatePiece piece = Objects.requireNonNull(command.piece());
    WeightsStore weights = models.weights();
    DeletedModel left = weights.deleted(name);
    if (piece.number() == 0 && model == null && left == null) {
      Lineage now = Commands.lineage(Lineage.NONE, event);
      left = new DeletedModel(Control.NONE, now.withoutCommand()); // none has had an effect
      weights.keepDeleted(name, left); // the name has its place, whatever comes of this
    }
    Control control = model != null ? model.state().control() : PartitionModels.begun(left);
    if (Commands.hasObeyed(control, command)) {
      return Commands.obeyedBefore(command);
    }
    UnfinishedImport unfinished =
        piece.number() == 0
            ? new UnfinishedImport(command.id(), piece.sha256(), piece.size(), 0, 0)
            : weights.imported().get(name);
    String refused = refusal(name, command.id(), piece, unfinished);
    if (refused != null || unfinished == null) {
      return Outcome.refused(String.valueOf(refused));
    }
    UnfinishedImport with = unfinished.with(piece.bytes());
    if (!with.isWhole()) {
      weights.imported().add(name, with, piece.bytes());
      return Outcome.HELD;
    }
    byte[] whole = weights.imported().take(name, unfinished, piece.bytes());
    String sha256 = sha256(whole);
    if (!sha256.equals(piece.sha256())) {
      return Outcome.refused(
          "the SHA-256 of the state is %s, and not %s".formatted(sha256, piece.sha256()));
    }
    ModelState state;
    try {
      state = ModelCodec.decode(whole, config.model(name).layers()).state();
    } catch (UnreadableStateException e) {
      return Outcome.refused(String.valueOf(e.getMessage()));
    }
    String unfit = unfit(name, state);
    return unfit != null
        ? Outcome.refused("the state has " + unfit)
        : begin(name, model, control, state, command, event);
  }

  private @Nullable String refusal(
      String name, String id, StatePiece piece, @Nullable UnfinishedImport unfinished) {
    long most = ModelCodec.atMost(config.model(name));
    if (piece.size() > most) {
      return "the state has %d bytes, one of this model has %d at most"
          .formatted(piece.size(), most);
    }
    if (unfinished == null) {
      return "piece %d of a state of which the first has not come, or which another has taken the place of"
          .formatted(piece.number());
    }
    boolean follows =
        unfinished.id().equals(id)
            && unfinished.sha256().equals(piece.sha256())
            && unfinished.size() == piece.size()
            && unfinished.pieces() == piece.number();
    long left = unfinished.size() - unfinished.bytes() - piece.bytes().length;
    if (follows && left > 0 && piece.bytes().length > ModelCodec.sizeOfNew(config.model(name))) {
      return "piece %d has %d bytes, and one that is not the last is no longer than a new model's state"
          .formatted(piece.number(), piece.bytes().length);
    }
    if (follows && (left < 0 || (left > 0 && piece.bytes().length < StatePiece.MIN_BYTES))) {
      return "piece %d has %d bytes, and with it %d of %d have come; one that is not the last has %d at least"
          .formatted(
              piece.number(),
              piece.bytes().length,
              unfinished.size() - left,
              unfinished.size(),
              StatePiece.MIN_BYTES);
    }
    return follows
        ? null
        : "piece %d, and the next one must be piece %d of the import with the id \"%s\""
            .formatted(piece.number(), unfinished.pieces(), unfinished.id());
  }

  private @Nullable String unfit(String name, ModelState state) {
    if (state.pending() != null) {
      return "batches that wait for labels";
    }
    String mismatch = models.mismatch(name, state);
    return mismatch != null ? mismatch : state.unsound();
  }

  private Outcome begin(
      String name,
      @Nullable ModelEntry model,
      Control control,
      ModelState imported,
      DecodedCommand command,
      Event event) {
    String kept = "";
    if (model != null) {
      kept = commands.keepBefore(name, model, event);
      models.forgetLearner(models.spec(name, control));
    }
    ModelState state = imported.asBeginning();
    Control own = imported.control();
    commands.begin(
        name,
        state,
        own.settings().isEmpty() ? control : control.withSettings(own.settings()),
        model == null ? new ModelEntry(imported, Lineage.NONE) : model,
        command,
        event);
    return new Outcome(null, kept);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
