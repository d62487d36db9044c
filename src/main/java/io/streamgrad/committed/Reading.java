package io.streamgrad.committed;

import java.time.Duration;

/** What somebody gets who asks for a model. */
public sealed interface Reading {

  /**
   * The model.
   *
   * @param stale for how long it is known not to be, or not known to be, the newest commit's; zero
   *     if it is the newest
   */
  record Found(CommittedModel model, Duration stale) implements Reading {}

  /** There is no model of this name; it has learned nothing here, where it would live. */
  record Missing() implements Reading {}

  /**
   * Another instance has it.
   *
   * @param address HOST:PORT of its HTTP
   */
  record Elsewhere(String address) implements Reading {}

  /**
   * It can't be said now.
   *
   * @param reason in words, for a person
   */
  record Unavailable(String reason) implements Reading {}
}
