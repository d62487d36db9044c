package io.streamgrad.wire;

import io.streamgrad.v1.Command;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A record of the commands topic, found to be good.
 *
 * @param id what its sender calls it
 * @param tag of a state to be kept or gone back to; "" of other commands
 * @param settings to be changed, by their keys below "model"; "" has the configuration's count
 *     again
 */
public record DecodedCommand(
    String id, Command.Kind kind, String tag, SortedMap<String, String> settings)
    implements Decoded {
  public DecodedCommand {
    settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
  }
}
