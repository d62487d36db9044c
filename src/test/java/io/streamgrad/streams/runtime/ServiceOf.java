package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.LearnStep;
import java.util.function.Supplier;

/** Services that do something else with a batch. */
final class ServiceOf {
  private ServiceOf() {}

  /**
   * Starts a service of such steps, which does not check that weights and input belong together.
   */
  static StreamsService steps(
      ServiceConfig config, ServiceMetrics metrics, Supplier<LearnStep> step) {
    return StreamsService.start(
        config,
        metrics,
        (partitions, tasks) ->
            () ->
                new LearnProcessor(
                    config,
                    partitions,
                    metrics,
                    step.get(),
                    tasks,
                    null,
                    LearnProcessor.ON_THE_WAY));
  }
}
