/** placeholder */
@NullMarked
package dev.millrace.tools;

import org.jspecify.annotations.NullMarked;
