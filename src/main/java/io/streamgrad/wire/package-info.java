/**
 * The records on the topics, both ways: Protobuf or JSON to batches, results to messages, bad
 * records to dead letters, and which partition a model's records belong to. Uses the configuration,
 * the model and its format; the messages themselves are generated into {@code io.streamgrad.v1}.
 */
@NullMarked
package io.streamgrad.wire;

import org.jspecify.annotations.NullMarked;
