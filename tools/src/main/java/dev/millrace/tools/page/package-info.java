/**
 * Reports as one page of HTML that loads nothing: text is escaped, figures are inline SVG. Used by
 * one thread, the command line's.
 */
@NullMarked
package dev.millrace.tools.page;

import org.jspecify.annotations.NullMarked;
