package io.streamgrad.store;

import io.streamgrad.learner.ModelState;

/**
 * One entry of the weights store: what a model has learned, and from where. The state is live,
 * owned by the thread that learns.
 */
public record StoredModel(ModelState state, Lineage lineage) {}
