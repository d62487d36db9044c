package io.streamgrad.model;

/**
 * What a detector has compared when it found that a model errs more than before.
 *
 * @param detector that found it
 * @param imagesBefore that it compares with; of an average, so many as it remembers
 * @param errorBefore the share of these that were predicted wrong
 * @param imagesSince those that it finds worse
 * @param errorSince the share of these that were predicted wrong
 */
public record Drift(
    DriftSpec.Detector detector,
    long imagesBefore,
    double errorBefore,
    long imagesSince,
    double errorSince) {}
