package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.StatePiece;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CommandsReplayTest {
  private static final ServiceConfig CONFIG =
      ConfigLoader.load(
          null, Map.of(), Map.of("kafka.bootstrap.servers", "none:1", "model.layers", "[4, 5, 3]"));

  /** A stored state says which command was the last, and none was. */
  @Test
  void aModelThatBeginsAfterAnImportWasGivenUpHasObeyedNoCommand() {
    CommandsReplay replay =
        new CommandsReplay(CONFIG, new InitialSpecs(CONFIG, List.of(), ""), (name, tag) -> null);
    StatePiece piece = new StatePiece(5000, "0".repeat(64), 0, new byte[1024]);
    DecodedCommand command = new DecodedCommand("x", Kind.IMPORT, "", new TreeMap<>(), piece);
    Applied said =
        Applied.newBuilder()
            .setCommand(InputPosition.newBuilder().setOffset(7))
            .setImagesOffset(3)
            .setOutcome(Applied.Outcome.HELD)
            .build();

    Applied expected = replay.take("a", new HashMap<>(), command, said, null);

    assertThat(Objects.requireNonNull(expected).getOutcome()).isEqualTo(Applied.Outcome.HELD);
    assertThat(replay.born("a", 3).commands()).isEqualTo(-1);
  }
}
