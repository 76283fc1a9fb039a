/**
 * {@code bench ring}: what everything but doors and models costs. Runs on: the command's own
 * thread; the stages keep theirs.
 */
@NullMarked
package dev.millrace.tools.bench.ring;

import org.jspecify.annotations.NullMarked;
