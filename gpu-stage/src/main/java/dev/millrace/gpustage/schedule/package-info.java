/**
 * Who computes what in the next step, and which requests are executed together.
 *
 * <p>Pure Java without LibTorch; runs on the lane's thread.
 */
@NullMarked
package dev.millrace.gpustage.schedule;

import org.jspecify.annotations.NullMarked;
