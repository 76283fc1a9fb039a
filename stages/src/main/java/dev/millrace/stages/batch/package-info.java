/** Which requests may be executed together, and until when one may wait. Runs on: {@code batch}. */
@NullMarked
package dev.millrace.stages.batch;

import org.jspecify.annotations.NullMarked;
