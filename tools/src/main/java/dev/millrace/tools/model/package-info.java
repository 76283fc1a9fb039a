/**
 * {@code millrace model …}: makes and converts model folders and says what is in them. Runs on the
 * command line's thread, without LibTorch.
 */
@NullMarked
package dev.millrace.tools.model;

import org.jspecify.annotations.NullMarked;
