/**
 * A model from what a changelog holds, without Kafka Streams: the newest whole state, and the
 * batches after it learned again. Uses model, format and learner.
 */
@NullMarked
package io.streamgrad.recovery;

import org.jspecify.annotations.NullMarked;
