/** The command line; everything here runs on the main thread. */
@NullMarked
package dev.millrace.tools;

import org.jspecify.annotations.NullMarked;
