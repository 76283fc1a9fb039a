/** placeholder */
@NullMarked
package dev.millrace.stages.decode;

import org.jspecify.annotations.NullMarked;
