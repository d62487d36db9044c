package io.streamgrad.wire;

/** A record of the input, found to be good. */
public sealed interface Decoded
    permits DecodedBatch, DecodedLabels, DecodedCommand, MisplacedCommand {}
