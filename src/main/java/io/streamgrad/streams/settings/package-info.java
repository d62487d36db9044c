/**
 * What Kafka Streams and its clients are set up with: their settings, the names in the topology,
 * and what a person reads of their errors.
 */
@NullMarked
package io.streamgrad.streams.settings;

import org.jspecify.annotations.NullMarked;
