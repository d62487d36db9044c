package io.streamgrad.model;

/** What a model's errors have led to, at the end of a batch. */
public sealed interface DriftEvent permits Drift, Takeover {}
