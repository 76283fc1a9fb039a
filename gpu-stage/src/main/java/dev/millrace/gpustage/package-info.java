/**
 * The engine: models, their lanes and everything that touches LibTorch.
 *
 * <p>Loading runs on the thread that starts the server; each loaded model then belongs to the one
 * thread of its lane.
 */
@NullMarked
package dev.millrace.gpustage;

import org.jspecify.annotations.NullMarked;
