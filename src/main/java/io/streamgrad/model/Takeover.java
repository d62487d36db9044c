package io.streamgrad.model;

/**
 * A challenger has taken a model's place. Compared were the images that both predicted before
 * either had learned from them, since the challenger began.
 *
 * @param images that were compared
 * @param errors of them that the model predicted wrong
 * @param challengerErrors of them that the challenger predicted wrong
 */
public record Takeover(long images, long errors, long challengerErrors) implements DriftEvent {}
