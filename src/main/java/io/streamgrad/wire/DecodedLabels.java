package io.streamgrad.wire;

import io.streamgrad.model.LateLabels;

/** A record of the labels topic, found to be good. */
public record DecodedLabels(LateLabels labels) implements Decoded {}
