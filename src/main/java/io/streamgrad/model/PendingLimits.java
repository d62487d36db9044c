package io.streamgrad.model;

/**
 * How long batches are waited for that have no labels.
 *
 * @param images of a model, the last so many; 1 or above
 * @param milliseconds by the records' time stamps
 */
public record PendingLimits(long images, long milliseconds) {}
