/**
 * The stream: the topology in one method, processors that are thin adapters to the learner, dead
 * letters, and starting and stopping Kafka Streams.
 */
@NullMarked
package io.streamgrad.topology;

import org.jspecify.annotations.NullMarked;
