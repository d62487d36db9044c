/**
 * The records on the topics: Protobuf or JSON to the learner's batches, messages to bytes, and
 * which partition a model's records belong to. Uses the configuration and the learner's batch type;
 * the messages themselves are generated into {@code io.streamgrad.v1}.
 */
@NullMarked
package io.streamgrad.wire;

import org.jspecify.annotations.NullMarked;
