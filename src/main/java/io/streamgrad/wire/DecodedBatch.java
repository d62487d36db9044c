package io.streamgrad.wire;

import io.streamgrad.model.MiniBatch;

/**
 * A record of the images topic, found to be good.
 *
 * @param batch whose bytes lie in the record's value, if that is Protobuf
 * @param batchId what the producer called it; may be empty
 */
public record DecodedBatch(MiniBatch batch, String batchId) implements Decoded {}
