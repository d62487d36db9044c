package io.streamgrad.wire;

import com.google.protobuf.ByteString;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.v1.Command;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The commands by which a state is imported. */
public final class ImportCommands {
  private ImportCommands() {}

  /**
   * All of them, in the order in which they have to come.
   *
   * @param id of the import, and so of each command
   * @param state as {@link ModelCodec} writes it
   * @param model that is to begin with it
   */
  public static List<Command> of(String id, byte[] state, ModelSpec model) {
    return of(id, state, Math.min(StatePiece.MAX_BYTES, ModelCodec.sizeOfNew(model)));
  }

  /**
   * All of those by which a model begins as another one was: with what {@link
   * ModelState#asBeginning} has of that.
   *
   * @param state of the other one, as {@link ModelCodec} writes it
   * @param model that is to begin
   */
  public static List<Command> fork(String id, byte[] state, ModelSpec model) {
    ModelState beginning = ModelCodec.decode(state).state().asBeginning();
    return of(id, ModelCodec.encode(new ModelEntry(beginning, Lineage.NONE)), model);
  }

  /**
   * The same.
   *
   * @param pieceBytes so many bytes has a piece, the last one fewer
   */
  public static List<Command> of(String id, byte[] state, int pieceBytes) {
    String sha256 = sha256(state);
    List<Command> commands = new ArrayList<>();
    for (int from = 0; from < state.length; from += pieceBytes) {
      int length = Math.min(pieceBytes, state.length - from);
      commands.add(
          Command.newBuilder()
              .setId(id)
              .setKind(Command.Kind.IMPORT)
              .setStateSize(state.length)
              .setStateSha256(sha256)
              .setPiece(commands.size())
              .setState(ByteString.copyFrom(state, from, length))
              .build());
    }
    return commands;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
