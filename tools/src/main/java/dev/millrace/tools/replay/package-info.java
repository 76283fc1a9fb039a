/**
 * {@code millrace replay …}: drives recorded traffic again. Reads journals, never writes them. Runs
 * on the command line's thread; what is sent to a server is sent and read on virtual threads, one
 * for each request under way.
 */
@NullMarked
package dev.millrace.tools.replay;

import org.jspecify.annotations.NullMarked;
