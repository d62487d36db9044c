package io.streamgrad.inference;

import org.eclipse.jetty.util.URIUtil;
import org.jspecify.annotations.Nullable;

/**
 * What a path of the protocol names:
 *
 * <pre>
 *   /v2                                              the server
 *   /v2/health/live, /v2/health/ready
 *   /v2/models/NAME[/versions/VERSION]               what it takes and gives
 *   /v2/models/NAME[/versions/VERSION]/ready
 *   /v2/models/NAME[/versions/VERSION]/infer
 * </pre>
 *
 * @param model null for the server
 * @param version null for the newest
 */
record InferencePath(Kind kind, @Nullable String model, @Nullable String version) {
  enum Kind {
    SERVER,
    LIVE,
    READY,
    MODEL,
    MODEL_READY,
    INFER
  }

  private static final int MODEL = 3; // place of the name: "", v2, models, NAME

  /**
   * Reads a path.
   *
   * @param path as it was sent, percent-encoded
   * @throws ProtocolException if the protocol has none like it
   */
  static InferencePath of(String path) throws ProtocolException {
    String[] parts = path.split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      parts[i] = URIUtil.decodePath(parts[i]);
    }
    int length = parts.length;
    if (length == 2 || (length == 3 && parts[2].isEmpty())) {
      return new InferencePath(Kind.SERVER, null, null);
    }
    if (length == 4 && parts[2].equals("health")) {
      return switch (parts[3]) {
        case "live" -> new InferencePath(Kind.LIVE, null, null);
        case "ready" -> new InferencePath(Kind.READY, null, null);
        default -> throw unknown(path);
      };
    }
    if (length <= MODEL || !parts[2].equals("models") || parts[MODEL].isEmpty()) {
      throw unknown(path);
    }
    boolean versioned = length > MODEL + 2 && parts[MODEL + 1].equals("versions");
    int rest = versioned ? MODEL + 3 : MODEL + 1;
    String version = versioned ? parts[MODEL + 2] : null;
    if (length == rest) {
      return new InferencePath(Kind.MODEL, parts[MODEL], version);
    }
    if (length == rest + 1 && parts[rest].equals("ready")) {
      return new InferencePath(Kind.MODEL_READY, parts[MODEL], version);
    }
    if (length == rest + 1 && parts[rest].equals("infer")) {
      return new InferencePath(Kind.INFER, parts[MODEL], version);
    }
    throw unknown(path);
  }

  private static ProtocolException unknown(String path) {
    return ProtocolException.missing(
        "there is no %s; there are /v2, /v2/health/live, /v2/health/ready, and /v2/models/NAME[/versions/VERSION] with /ready or /infer or nothing after it"
            .formatted(path));
  }
}
