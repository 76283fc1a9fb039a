/**
 * What is seen of requests that ended: histograms and counters, one JFR event, one log line. Runs
 * on: the {@code telemetry} thread; {@link dev.millrace.stages.telemetry.Metrics#scrape} on any.
 */
@NullMarked
package dev.millrace.stages.telemetry;

import org.jspecify.annotations.NullMarked;
