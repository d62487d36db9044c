/**
 * The records on the topics: Protobuf or JSON to the learner's batches, and messages to bytes. Uses
 * the learner's batch type; the messages themselves are generated into {@code io.streamgrad.v1}.
 */
@NullMarked
package io.streamgrad.wire;

import org.jspecify.annotations.NullMarked;
