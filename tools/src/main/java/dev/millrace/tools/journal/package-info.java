/**
 * {@code millrace journal …}: reads a journal and prints what it holds. Runs on the command line's
 * thread, beside a server or without one, and never writes to the journal.
 */
@NullMarked
package dev.millrace.tools.journal;

import org.jspecify.annotations.NullMarked;
