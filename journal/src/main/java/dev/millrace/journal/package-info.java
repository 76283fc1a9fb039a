/**
 * What came in and what went out, on disk: record layouts, the handlers that append them, and a
 * reader that opens a journal, live or dead, without trusting it.
 *
 * <p>{@link dev.millrace.journal.JournalHandler} runs on the {@code journal} stage's thread, {@link
 * dev.millrace.journal.ReplyJournalHandler} on {@code reply-journal}'s; everything that reads runs
 * on the caller's.
 */
@NullMarked
package dev.millrace.journal;

import org.jspecify.annotations.NullMarked;
