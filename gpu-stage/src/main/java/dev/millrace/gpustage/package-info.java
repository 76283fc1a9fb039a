/** placeholder */
@NullMarked
package dev.millrace.gpustage;

import org.jspecify.annotations.NullMarked;
