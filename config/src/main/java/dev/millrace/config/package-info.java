/** The whole configuration as immutable records; knows nothing of what it configures. */
@NullMarked
package dev.millrace.config;

import org.jspecify.annotations.NullMarked;
