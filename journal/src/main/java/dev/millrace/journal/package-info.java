/** placeholder */
@NullMarked
package dev.millrace.journal;

import org.jspecify.annotations.NullMarked;
