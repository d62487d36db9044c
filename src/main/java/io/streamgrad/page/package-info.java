/**
 * The page that shows models as they learn: its files, the history it reads from the metrics topic,
 * a sample of misread images, and the events that an open page gets. It sees committed records and
 * immutable figures only. Nothing of it runs while no page is open.
 */
@NullMarked
package io.streamgrad.page;

import org.jspecify.annotations.NullMarked;
