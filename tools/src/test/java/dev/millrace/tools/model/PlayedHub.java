package dev.millrace.tools.model;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A hub with one repository, {@code owner/model}: it lists two files a page, answers behind a
 * redirect, and misbehaves as it is told to.
 */
final class PlayedHub implements AutoCloseable {
    private static final String RESOLVE = "/owner/model/resolve/main/";

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, String> digests = new LinkedHashMap<>();
    private final HttpServer server;

    /** What was asked for: paths, and a range behind them where there was one. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** Headers by which callers said who they are. */
    final List<String> tokens = new CopyOnWriteArrayList<>();

    /** The next file ends after so many bytes; none where negative. */
    volatile int cutAfter = -1;

    /** Ends every file there, and not just the next. */
    volatile boolean alwaysCut;

    volatile String etag = "\"one\"";
    volatile int status = 200;

    PlayedHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    PlayedHub file(String path, byte[] content) {
        files.put(path, content);
        return this;
    }

    /** A file that the hub knows the digest of. */
    PlayedHub large(String path, byte[] content) {
        digests.put(path, sha256(content));
        return file(path, content);
    }

    /** The hub is wrong about a digest. */
    void lie(String path) {
        digests.put(path, "0".repeat(64));
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add(range == null ? path : path + " " + range);
            String token = exchange.getRequestHeaders().getFirst("Authorization");
            if (token != null) {
                tokens.add(token);
            }
            if (status != 200) {
                exchange.sendResponseHeaders(status, -1);
            } else if (path.equals("/api/models/owner/model/tree/main")) {
                list(exchange);
            } else if (path.startsWith(RESOLVE)) {
                exchange.getResponseHeaders()
                        .add("Location", "/cdn/" + path.substring(RESOLVE.length()));
                exchange.sendResponseHeaders(302, -1);
            } else if (path.startsWith("/cdn/") && files.containsKey(path.substring(5))) {
                send(exchange, files.get(path.substring(5)), range);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
        }
    }

    private void list(HttpExchange exchange) throws IOException {
        List<String> entries = new ArrayList<>();
        entries.add("{\"type\":\"directory\",\"path\":\"1_Pooling\",\"size\":0}");
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            String digest = digests.get(file.getKey());
            int size = file.getValue().length;
            String lfs =
                    digest == null
                            ? ""
                            : ",\"lfs\":{\"oid\":\"%s\",\"size\":%d}".formatted(digest, size);
            entries.add(
                    "{\"type\":\"file\",\"path\":\"%s\",\"size\":%d,\"oid\":\"f00\"%s}"
                            .formatted(file.getKey(), digest == null ? size : 1, lfs));
        }
        String query = exchange.getRequestURI().getQuery();
        int from = query.contains("from=") ? Integer.parseInt(query.replaceAll(".*from=", "")) : 0;
        int to = Math.min(entries.size(), from + 2);
        if (to < entries.size()) {
            String next = exchange.getRequestURI().getPath() + "?recursive=true&from=" + to;
            exchange.getResponseHeaders().add("Link", "<" + next + ">; rel=\"next\"");
        }
        byte[] body =
                ("[" + String.join(",", entries.subList(from, to)) + "]")
                        .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    private void send(HttpExchange exchange, byte[] content, @Nullable String range)
            throws IOException {
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        boolean same = condition == null || condition.equals(etag);
        int from =
                range != null && same
                        ? Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"))
                        : 0;
        exchange.getResponseHeaders().add("ETag", etag);
        if (from > 0) {
            exchange.getResponseHeaders()
                    .add(
                            "Content-Range",
                            "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
        }
        exchange.sendResponseHeaders(
                from > 0 ? 206 : 200, content.length == from ? -1 : content.length - from);
        int to = content.length;
        if (cutAfter >= 0) {
            to = Math.min(to, from + cutAfter);
            cutAfter = alwaysCut ? cutAfter : -1;
        }
        exchange.getResponseBody().write(Arrays.copyOfRange(content, from, to));
        exchange.getResponseBody().flush();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
