/** Tests of the telemetry stage. */
@NullMarked
package dev.millrace.stages.telemetry;

import org.jspecify.annotations.NullMarked;
