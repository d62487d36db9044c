/**
 * The life of the service: waiting for Kafka, starting and stopping Kafka Streams, health, errors.
 */
@NullMarked
package io.streamgrad.streams.runtime;

import org.jspecify.annotations.NullMarked;
