package io.streamgrad.page;

import com.google.protobuf.ByteString;

/**
 * An image that a model took for another class than it is.
 *
 * @param number of this one, in the order in which they were found
 * @param offset of its batch in the images topic
 * @param image its number in the batch
 * @param confidence the probability of the predicted class
 * @param pixels (height, width, channels), row by row; one channel, or red, green and blue
 */
record Misread(
    long number,
    String model,
    int partition,
    long offset,
    int image,
    int label,
    int predicted,
    float confidence,
    int height,
    int width,
    ByteString pixels) {}
