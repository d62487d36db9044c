package io.streamgrad.streams.learn;

import io.streamgrad.model.Moment;
import io.streamgrad.v1.InputPosition;

/**
 * A record of the input that may have an effect on a model.
 *
 * @param input where it lies
 * @param timestamp of the record, in milliseconds
 * @param moment at which it is processed
 */
public record Event(InputPosition input, long timestamp, Moment moment) {}
