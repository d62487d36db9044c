package io.streamgrad.wire;

import io.streamgrad.v1.Command;
import io.streamgrad.v1.Setting;
import io.streamgrad.wire.BadRecordException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Values of the commands topic to commands. */
public final class CommandDecoder {
  /** The longest id, tag and key, in bytes of UTF-8. */
  public static final int MAX_BYTES = 64;

  /** The longest value of a setting, in bytes of UTF-8. */
  public static final int MAX_VALUE_BYTES = 256;

  /** So many settings may a command change. */
  public static final int MAX_SETTINGS = 32;

  /** What the tags of states begin with that are kept by themselves. */
  public static final String KEPT = "before-";

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_BYTES + "}");
  private static final InputReader<Command> READER =
      new InputReader<>(Command.getDefaultInstance());

  private CommandDecoder() {}

  /**
   * Reads and checks a value.
   *
   * @throws BadRecordException if it is not a command
   */
  public static DecodedCommand decode(Headers headers, byte @Nullable [] value)
      throws BadRecordException {
    Command command = READER.read(headers, value);
    check(command.getId(), 1, MAX_BYTES, "id");
    boolean tagged = false;
    boolean sets = false;
    boolean imports = false;
    switch (command.getKind()) {
      case RESET, PAUSE, RESUME, DELETE, PROMOTE -> {}
      case SNAPSHOT, ROLLBACK -> tagged = true;
      case SET -> sets = true;
      case IMPORT -> imports = true;
      case KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw bad("the kind of the command is missing, or of a later version");
    }
    if (tagged != !command.getTag().isEmpty()) {
      throw bad(tagged ? "tag is missing" : "tag is not for a command of this kind");
    }
    if (tagged && !TAG.matcher(command.getTag()).matches()) {
      throw bad(
          "tag is \"%s\"; must be 1 to %d letters, digits, '.', '_' and '-'"
              .formatted(Texts.shortened(command.getTag()), MAX_BYTES));
    }
    if (command.getKind() == Command.Kind.SNAPSHOT && command.getTag().startsWith(KEPT)) {
      throw bad(
          "tag is \"%s\"; must not begin with \"%s\", as those do that the service gives"
              .formatted(command.getTag(), KEPT));
    }
    return new DecodedCommand(
        command.getId(),
        command.getKind(),
        command.getTag(),
        settings(command, sets),
        piece(command, imports));
  }

  private static @Nullable StatePiece piece(Command command, boolean imports)
      throws BadRecordException {
    if (!imports) {
      if (command.getStateSize() != 0 || !command.getState().isEmpty()) {
        throw bad("state is not for a command of this kind");
      }
      return null;
    }
    StatePiece piece =
        new StatePiece(
            command.getStateSize(),
            command.getStateSha256(),
            command.getPiece(),
            command.getState().toByteArray());
    if (piece.size() < 1 || piece.size() > Integer.MAX_VALUE) {
      throw bad(
          "state_size is %s; must be 1 to %d"
              .formatted(Long.toUnsignedString(piece.size()), Integer.MAX_VALUE));
    }
    if (!SHA256.matcher(piece.sha256()).matches()) {
      throw bad("state_sha256 is not 64 hexadecimal digits, in lower case");
    }
    int length = piece.bytes().length;
    if (piece.number() < 0
        || length < 1
        || length > StatePiece.MAX_BYTES
        || length > piece.size()) {
      throw bad(
          "piece %s of a state of %d bytes has %d; must have 1 to %d"
              .formatted(
                  Integer.toUnsignedString(piece.number()),
                  piece.size(),
                  length,
                  Math.min(piece.size(), StatePiece.MAX_BYTES)));
    }
    return piece;
  }

  private static SortedMap<String, String> settings(Command command, boolean sets)
      throws BadRecordException {
    int count = command.getSettingsCount();
    if (sets ? count < 1 || count > MAX_SETTINGS : count > 0) {
      throw bad("%d settings; must be %s".formatted(count, sets ? "1 to " + MAX_SETTINGS : "none"));
    }
    SortedMap<String, String> settings = new TreeMap<>();
    for (Setting setting : command.getSettingsList()) {
      check(setting.getKey(), 1, MAX_BYTES, "the key of a setting");
      check(setting.getValue(), 0, MAX_VALUE_BYTES, "the value of " + setting.getKey());
      if (settings.put(setting.getKey(), setting.getValue()) != null) {
        throw bad("setting %s is given twice".formatted(setting.getKey()));
      }
    }
    return settings;
  }

  private static void check(String text, int least, int most, String what)
      throws BadRecordException {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < least || bytes > most || text.chars().anyMatch(Character::isISOControl)) {
      throw bad(
          "%s has %d bytes; must be %d to %d bytes of UTF-8 without control characters"
              .formatted(Texts.shortened(what), bytes, least, most));
    }
  }

  private static BadRecordException bad(String what) {
    return new BadRecordException(Reason.BAD_COMMAND, what);
  }
}
