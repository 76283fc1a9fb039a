package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files of a model on a hub that speaks Hugging Face's dialect. */
final class HubListing {
    private static final Pattern REPO =
            Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)?");
    private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final int MOST_BYTES = 16 << 20;
    private static final int MOST_PAGES = 64;

    private final HubClient client;
    private final URI hub;

    HubListing(HubClient client, URI hub) {
        this.client = client;
        this.hub = hub;
    }

    /**
     * All files of a repository.
     *
     * @param repo such as {@code owner/name}
     * @param revision a branch, a tag or a commit
     * @throws PullException if the hub has no such repository, or says so little that it cannot be
     *     checked
     */
    List<RemoteFile> files(String repo, String revision) throws IOException {
        if (!REPO.matcher(repo).matches()) {
            throw new ConfigException("REPO", repo, "owner/name, or an http or https URL");
        }
        String encoded = encoded(revision);
        URI page = hub("api/models/" + repo + "/tree/" + encoded + "?recursive=true");
        List<RemoteFile> files = new ArrayList<>();
        for (int pages = 0; page != null; pages++) {
            if (pages == MOST_PAGES) {
                throw new PullException(repo + ": the list of its files has no end");
            }
            HttpResponse<InputStream> response = client.get(page, Map.of());
            for (JsonNode entry : json(page, response)) {
                if (entry.path("type").asString("").equals("file")) {
                    files.add(file(repo, encoded, entry));
                }
            }
            page = next(page, response);
        }
        return files;
    }

    private RemoteFile file(String repo, String revision, JsonNode entry) {
        String path = entry.path("path").asString("");
        JsonNode lfs = entry.path("lfs");
        JsonNode size = lfs.isObject() ? lfs.path("size") : entry.path("size");
        String sha256 = lfs.path("oid").asString("");
        if (path.isEmpty() || !size.canConvertToLong() || size.asLong() < 0) {
            throw new PullException(repo + ": the hub lists a file without a path or a size");
        }
        String resolved =
                Arrays.stream(path.split("/", -1))
                        .map(HubListing::encoded)
                        .collect(Collectors.joining("/"));
        return new RemoteFile(
                path,
                hub(repo + "/resolve/" + revision + "/" + resolved),
                size.asLong(),
                SHA256.matcher(sha256).matches() ? sha256 : null);
    }

    private URI hub(String path) {
        String base = hub.toString();
        return URI.create(base + (base.endsWith("/") ? "" : "/") + path);
    }

    private static String encoded(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static JsonNode json(URI page, HttpResponse<InputStream> response) throws IOException {
        try (InputStream body = response.body()) {
            byte[] bytes = body.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new PullException(page + ": a list of more than " + MOST_BYTES + " bytes");
            }
            JsonNode list = JsonMapper.shared().readTree(bytes);
            if (list.isArray()) {
                return list;
            }
        } catch (JacksonException e) {
            // The same as a list of another kind.
        }
        throw new PullException(page + ": no JSON list of files; is this a Hugging Face hub?");
    }

    private @Nullable URI next(URI page, HttpResponse<?> response) {
        for (String link : response.headers().allValues("Link")) {
            Matcher matcher = NEXT.matcher(link);
            if (matcher.find()) {
                return page.resolve(matcher.group(1));
            }
        }
        return null;
    }
}
