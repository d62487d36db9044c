package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.LearnStep;
import java.util.function.Supplier;

/** Services that do something else with a batch. */
final class ServiceOf {
  private ServiceOf() {}

  /** Starts a service of such steps. */
  static StreamsService stepsOf(
      ServiceConfig config, ServiceMetrics metrics, Supplier<LearnStep> step) {
    return steps(config, metrics, step, InputLogs.of(config));
  }

  /** As above, with another view of the input. */
  static StreamsService stepsOn(
      ServiceConfig config, ServiceMetrics metrics, Supplier<LearnStep> step, InputLog images) {
    return steps(config, metrics, step, new InputLogs(images, null));
  }

  private static StreamsService steps(
      ServiceConfig config, ServiceMetrics metrics, Supplier<LearnStep> step, InputLogs input) {
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
                    input,
                    LearnProcessor.ON_THE_WAY));
  }
}
