/**
 * Lanes: one thread a model, which takes admitted requests out of the ring, executes them and
 * publishes replies.
 *
 * <p>Everything here runs on its lane's thread, but for the construction.
 */
@NullMarked
package dev.millrace.gpustage.lane;

import org.jspecify.annotations.NullMarked;
