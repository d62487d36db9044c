/**
 * A model from what a changelog holds, without Kafka Streams: its newest whole state. Uses model
 * and format.
 */
@NullMarked
package io.streamgrad.recovery;

import org.jspecify.annotations.NullMarked;
