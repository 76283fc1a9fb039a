package dev.millrace.tools.model;

import dev.millrace.tools.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One file: into {@code NAME.part}, from where an earlier attempt got to, and under its name when
 * it is whole and is what was promised.
 */
final class Download {
    private static final int MOST_ATTEMPTS = 5;
    private static final int CHUNK_BYTES = 1 << 16;

    private final HubClient client;
    private final RemoteFile file;
    private final Path target;
    private final Path part;
    private final Path tag;
    private final LongConsumer progress;
    private long size;

    /**
     * @param target where it belongs; its folder is there
     * @param progress is told how many bytes are there
     */
    Download(HubClient client, RemoteFile file, Path target, LongConsumer progress) {
        this.client = client;
        this.file = file;
        this.target = target;
        this.part = target.resolveSibling(target.getFileName() + ".part");
        this.tag = target.resolveSibling(target.getFileName() + ".part.etag");
        this.progress = progress;
        this.size = file.size();
    }

    /** Whether the file is there already, as far as one can tell. */
    boolean isThere() throws IOException {
        return Files.isRegularFile(target)
                && file.size() == Files.size(target)
                && (file.sha256() == null || file.sha256().equals(digest(target)));
    }

    /**
     * Downloads it. A connection that is cut is tried again as long as bytes still came.
     *
     * @throws PullException if it is not what was promised; nothing of it is kept
     */
    void run() throws IOException {
        refuseLinks(part);
        refuseLinks(tag);
        int attempts = 0;
        while (true) {
            long before = present();
            try {
                fetch();
                break;
            } catch (IOException e) {
                attempts = present() > before ? 1 : attempts + 1;
                if (attempts >= MOST_ATTEMPTS) {
                    throw e;
                }
            }
        }
        verify();
        Files.move(
                part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(tag);
    }

    private static void refuseLinks(Path path) {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new PullException(path + ": is no file; delete it");
        }
    }

    private long present() throws IOException {
        return Files.exists(part) ? Files.size(part) : 0;
    }

    private void fetch() throws IOException {
        long from = present();
        if (size != RemoteFile.UNKNOWN && from == size && size > 0) {
            return;
        }
        HttpResponse<InputStream> response = client.get(file.uri(), range(from));
        try (InputStream body = response.body()) {
            int status = response.statusCode();
            if (status == 416 || (status == 206 && !continues(response, from))) {
                discard();
                throw new IOException(file.uri() + ": the server no longer has the rest");
            }
            boolean whole = status == 200;
            long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
            if (size == RemoteFile.UNKNOWN && length >= 0) {
                size = (whole ? 0 : from) + length;
            }
            if (whole) {
                discard();
                remember(response);
            }
            copy(body, whole ? 0 : from);
        }
    }

    /** Asks for the rest, and for all of it where the file is another one meanwhile. */
    private Map<String, String> range(long from) throws IOException {
        Map<String, String> headers = new HashMap<>();
        headers.put("Accept-Encoding", "identity");
        String known = Files.exists(tag) ? Files.readString(tag) : "";
        if (from > 0 && (!known.isEmpty() || file.sha256() != null)) {
            headers.put("Range", "bytes=" + from + "-");
            if (!known.isEmpty()) {
                headers.put("If-Range", known);
            }
        }
        return headers;
    }

    private static boolean continues(HttpResponse<?> response, long from) {
        return response.headers()
                .firstValue("Content-Range")
                .orElse("")
                .startsWith("bytes " + from + "-");
    }

    private void discard() throws IOException {
        Files.deleteIfExists(part);
        Files.deleteIfExists(tag);
    }

    /** A weak tag promises no equal bytes. */
    private void remember(HttpResponse<?> response) throws IOException {
        String etag = response.headers().firstValue("ETag").orElse("");
        if (etag.startsWith("\"")) {
            Files.writeString(tag, etag);
        }
    }

    private void copy(InputStream body, long from) throws IOException {
        long at = from;
        byte[] chunk = new byte[CHUNK_BYTES];
        try (OutputStream out =
                Files.newOutputStream(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND,
                        LinkOption.NOFOLLOW_LINKS)) {
            for (int read = body.read(chunk); read >= 0; read = body.read(chunk)) {
                at += read;
                if (size != RemoteFile.UNKNOWN && at > size) {
                    break;
                }
                out.write(chunk, 0, read);
                progress.accept(at);
            }
        }
        if (size != RemoteFile.UNKNOWN && at > size) {
            discard();
            throw new PullException(
                    file.uri() + ": the server sends more than the " + size + " bytes it promised");
        }
        if (at < size) {
            throw new IOException(
                    file.uri() + ": the connection ended at byte " + at + " of " + size);
        }
    }

    private void verify() throws IOException {
        if (!Files.exists(part)) {
            Files.createFile(part);
        }
        String expected = file.sha256();
        String actual = expected == null ? null : digest(part);
        if (expected != null && !expected.equals(actual)) {
            discard();
            throw new PullException(
                    file.uri()
                            + ": what came has SHA-256 "
                            + actual
                            + ", "
                            + expected
                            + " was promised; it is deleted");
        }
    }

    private static @Nullable String digest(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            MessageDigest digest = Sha256.begin();
            byte[] chunk = new byte[CHUNK_BYTES];
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                digest.update(chunk, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        }
    }
}
