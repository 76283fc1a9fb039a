package dev.millrace.tools.acceptance;

import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A whole HTTP answer.
 *
 * @param status HTTP status
 * @param headers all headers
 * @param body bytes as received
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Answer(int status, HttpHeaders headers, byte[] body) {

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    JsonNode json() {
        return Json.parse(body);
    }

    /** The first value of a header, or the empty string. */
    String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    /** OpenAI's error object. */
    JsonNode error() {
        return json().path("error");
    }

    @Override
    public String toString() {
        Map<String, ?> shown = headers.map();
        return "HTTP " + status + " " + shown + "\n" + text();
    }
}
