package dev.millrace.tools.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * GET, behind a bounded number of redirects. The token goes to the hub alone, and only where nobody
 * on the way can read it.
 */
final class HubClient implements AutoCloseable {
    private static final int MOST_REDIRECTS = 8;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

    private final HttpClient client =
            HttpClient.newBuilder()
                    .connectTimeout(CONNECT_TIMEOUT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();
    private final URI hub;
    private final @Nullable String token;

    /** A client that shows {@code token} to {@code hub}; none where it is null. */
    HubClient(URI hub, @Nullable String token) {
        this.hub = hub;
        this.token = token;
    }

    /**
     * What the last server says.
     *
     * @return status 200 or 206 or 416; the caller closes the body
     * @throws PullException for any other status
     * @throws IOException where no answer came; trying again may help
     */
    HttpResponse<InputStream> get(URI first, Map<String, String> headers) throws IOException {
        URI uri = first;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            HttpResponse<InputStream> response = send(uri, headers);
            int status = response.statusCode();
            if (status == 200 || status == 206 || status == 416) {
                return response;
            }
            response.body().close();
            if (status / 100 != 3) {
                throw refused(first, status);
            }
            uri = redirected(uri, response);
        }
        throw new PullException(first + ": more than " + MOST_REDIRECTS + " redirects");
    }

    private HttpResponse<InputStream> send(URI uri, Map<String, String> headers)
            throws IOException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri)
                        .timeout(ANSWER_TIMEOUT)
                        .header("User-Agent", "millrace")
                        .GET();
        headers.forEach(request::header);
        if (token != null && seesToken(uri)) {
            request.header("Authorization", "Bearer " + token);
        }
        try {
            return client.send(request.build(), BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (IOException e) {
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new IOException(uri.getScheme() + "://" + uri.getAuthority() + ": " + reason, e);
        }
    }

    private boolean seesToken(URI uri) {
        boolean sameOrigin =
                Objects.equals(uri.getScheme(), hub.getScheme())
                        && Objects.equals(uri.getAuthority(), hub.getAuthority());
        return sameOrigin && (isHttps(uri) || isThisMachine(uri));
    }

    private static boolean isHttps(URI uri) {
        return "https".equalsIgnoreCase(uri.getScheme());
    }

    private static boolean isThisMachine(URI uri) {
        String host = uri.getHost();
        return "localhost".equals(host) || "127.0.0.1".equals(host) || "[::1]".equals(host);
    }

    private static URI redirected(URI from, HttpResponse<?> response) {
        String location = response.headers().firstValue("Location").orElse("");
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new PullException(from + ": redirects to what is no URL");
        }
        boolean asSafe = isHttps(to) || (!isHttps(from) && "http".equalsIgnoreCase(to.getScheme()));
        if (location.isEmpty() || !asSafe || to.getHost() == null) {
            throw new PullException(
                    from
                            + ": redirects to \""
                            + location
                            + "\"; another https address is expected");
        }
        return to;
    }

    private PullException refused(URI uri, int status) {
        return new PullException(
                switch (status) {
                    case 401, 403 ->
                            uri
                                    + ": not allowed ("
                                    + status
                                    + "): gated, private or not there; "
                                    + (token == null
                                            ? "set HF_TOKEN to a token that may read it"
                                            : "the token in HF_TOKEN may not read it");
                    case 404 -> uri + ": not found (404)";
                    default -> uri + ": the server answered " + status;
                });
    }

    @Override
    public void close() {
        client.close();
    }
}
