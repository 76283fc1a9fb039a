/**
 * The composition root: builds, starts, drains and closes a server. Runs on the main thread and the
 * shutdown hook.
 */
@NullMarked
package dev.millrace.tools.serve;

import org.jspecify.annotations.NullMarked;
