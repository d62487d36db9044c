package io.streamgrad.verify;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.wire.StatePiece;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The pieces of states that are imported, as they come. Not thread-safe. */
final class ImportsReplay {
  private final Map<String, Import> underWay = new HashMap<>(); // by model

  /** What has come of a state. */
  private record Import(
      String id, String sha256, long size, int pieces, ByteArrayOutputStream bytes) {}

  /**
   * Takes a piece, if it is the first or the next one of what is under way.
   *
   * @param most so many bytes may one have that is not the last
   * @return whether it is
   */
  boolean take(String model, String id, StatePiece piece, int most) {
    Import now =
        piece.number() == 0
            ? new Import(id, piece.sha256(), piece.size(), 0, new ByteArrayOutputStream())
            : underWay.get(model);
    if (now == null
        || !now.id().equals(id)
        || !now.sha256().equals(piece.sha256())
        || now.size() != piece.size()
        || now.pieces() != piece.number()) {
      return false;
    }
    long come = now.bytes().size() + (long) piece.bytes().length;
    int length = piece.bytes().length;
    if (come > now.size() || (come < now.size() && (length < 1024 || length > most))) {
      return false;
    }
    now.bytes().writeBytes(piece.bytes());
    underWay.put(
        model, new Import(now.id(), now.sha256(), now.size(), now.pieces() + 1, now.bytes()));
    return true;
  }

  /** Whether all of what is under way to a model has come. */
  boolean isWhole(String model) {
    Import now = underWay.get(model);
    return now != null && now.bytes().size() == now.size();
  }

  /** What has come to a model, which is then under way no more; null if it is no state of it. */
  @Nullable ModelState finish(String model, ModelSpec spec) {
    Import now = underWay.remove(model);
    if (now == null) {
      return null;
    }
    byte[] whole = now.bytes().toByteArray();
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(whole);
      if (!HexFormat.of().formatHex(hash).equals(now.sha256())) {
        return null;
      }
      ModelState state = ModelCodec.decode(whole, spec.layers()).state();
      boolean fits =
          state.pending() == null && state.mismatch(spec) == null && state.unsound() == null;
      return fits ? state : null;
    } catch (UnreadableStateException e) {
      return null;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Nothing is under way to a model any more. */
  void forget(String model) {
    underWay.remove(model);
  }
}
