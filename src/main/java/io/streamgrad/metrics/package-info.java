/**
 * The service's meters, as Prometheus reads them: {@link io.streamgrad.metrics.Meters} names them
 * all, {@link io.streamgrad.metrics.ServiceMetrics} takes the measurements. Uses the learner's
 * immutable snapshots; scrapers never see live weights.
 */
@NullMarked
package io.streamgrad.metrics;

import org.jspecify.annotations.NullMarked;
