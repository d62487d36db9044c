package io.streamgrad.cli;

import io.streamgrad.committed.Reading;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.inference.Inference;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.streams.runtime.ServiceStatus;
import io.streamgrad.streams.runtime.StreamsService;
import java.util.concurrent.CompletableFuture;

/** The models of this service, for those who ask. */
record ServiceInference(ServiceConfig config, StreamsService streams, ServiceMetrics metrics)
    implements Inference {

  @Override
  public CompletableFuture<Reading> model(String name) {
    return streams.model(name);
  }

  @Override
  public ModelSpec specification(String name) {
    return config.model(name);
  }

  @Override
  public String topic() {
    return config.topics().images();
  }

  @Override
  public String version() {
    return Version.number();
  }

  @Override
  public String notLive() {
    ServiceStatus status = streams.status();
    return status.alive() ? "" : status.text();
  }

  @Override
  public String notReady() {
    ServiceStatus status = streams.status();
    return status.ready() ? "" : status.text();
  }

  @Override
  public void answered(int status, long nanos) {
    metrics.inferred(status, nanos);
  }
}
