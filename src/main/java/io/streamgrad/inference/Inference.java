package io.streamgrad.inference;

import io.streamgrad.committed.Reading;
import io.streamgrad.model.ModelSpec;
import java.util.concurrent.CompletableFuture;

/** What a service offers to those who ask its models. Any thread may call all of it. */
public interface Inference {

  /** The model as it was committed; what goes on from it may be on a thread that learns. */
  CompletableFuture<Reading> model(String name);

  /** The specification of a model. */
  ModelSpec specification(String name);

  /** The topic that models learn from. */
  String topic();

  /** The version of the software. */
  String version();

  /** Why the process does not work; empty if it does. */
  String notLive();

  /** Why models are not learning here; empty if they are. */
  String notReady();

  /**
   * A request was answered.
   *
   * @param status of HTTP
   * @param nanos it took, from its headers to its answer, before that was sent
   */
  void answered(int status, long nanos);
}
