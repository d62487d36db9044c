package io.streamgrad.model;

/**
 * One entry of the weights store: what a model has learned, and from where. The state is live,
 * owned by the thread that learns.
 */
public record ModelEntry(ModelState state, Lineage lineage) {}
