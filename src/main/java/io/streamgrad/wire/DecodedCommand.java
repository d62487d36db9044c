package io.streamgrad.wire;

import io.streamgrad.v1.Command;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A record of the commands topic, found to be good.
 *
 * @param id what its sender calls it
 * @param tag of a state to be kept or gone back to; "" of other commands
 * @param settings to be changed, by their keys below "model"; "" has the configuration's count
 *     again
 * @param piece of the state that is to be imported; null of other commands
 */
public record DecodedCommand(
    String id,
    Command.Kind kind,
    String tag,
    SortedMap<String, String> settings,
    @Nullable StatePiece piece)
    implements Decoded {
  public DecodedCommand {
    settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
  }
}
