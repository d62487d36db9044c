package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.StreamgradTopology;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.RunningTasks;
import io.streamgrad.wire.ModelPartitions;
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
    ServiceConfig config = options.load();
    try (ServiceMetrics metrics = Service.newMetrics(config)) {
      ModelPartitions partitions = new ModelPartitions(config, config.topics().partitions());
      RunningTasks tasks = new RunningTasks();
      System.out.print(
          StreamgradTopology.build(
                  config,
                  partitions,
                  metrics,
                  tasks::awaitRelearned,
                  LearnProcessor.supplier(config, partitions, metrics, tasks, null))
              .describe());
    }
  }
}
