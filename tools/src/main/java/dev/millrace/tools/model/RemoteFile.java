package dev.millrace.tools.model;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A file that can be downloaded.
 *
 * @param path where it belongs below the model's folder, with slashes, as the server has it
 * @param uri where it is
 * @param size bytes; {@link #UNKNOWN} where nobody said
 * @param sha256 hex; null where nobody said
 */
record RemoteFile(String path, URI uri, long size, @Nullable String sha256) {
    static final long UNKNOWN = -1;
}
