/** placeholder */
@NullMarked
package dev.millrace.ingress.http;

import org.jspecify.annotations.NullMarked;
