package io.streamgrad.cli;

import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.topology.StreamgradTopology;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prints the topology. */
@Command(
    name = "topology",
    description = "Prints the topology: its sources, processors, stores and sinks.")
final class TopologyCommand implements Runnable {
  @Mixin private ConfigOptions options;

  @Override
  public void run() {
    try (ServiceMetrics metrics = Service.newMetrics()) {
      System.out.print(StreamgradTopology.build(options.load(Map.of()), metrics).describe());
    }
  }
}
