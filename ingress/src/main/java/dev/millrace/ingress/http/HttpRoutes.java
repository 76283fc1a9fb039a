package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Health;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Methods;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Every path this server answers. Runs on: the exchange's I/O thread; only {@code /metrics} is
 * rendered on a worker.
 */
final class HttpRoutes {
    private static final String JSON = "application/json";
    private static final int MOST_KNOWN = 1024;
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    /** Serves one path. */
    private interface Responder {
        void respond(HttpExchangeCall call);
    }

    private record Rule(String method, PathPattern path, Responder responder) {}

    /** Where a path led. */
    private record Found(Rule rule, PathPattern.Names names) {}

    private final RequestAdmitter admitter;
    private final HeaderLimits limits;
    private final ModelCatalog catalog;
    private final ModelMetadata metadata;
    private final Health health;
    private final Supplier<String> metrics;
    private final List<Rule> rules;

    /** Paths of served models, which nearly every request has one of. */
    private final Map<String, Found> known = new ConcurrentHashMap<>();

    HttpRoutes(
            RequestAdmitter admitter,
            HeaderLimits limits,
            ModelCatalog catalog,
            ModelMetadata metadata,
            Health health,
            Supplier<String> metrics) {
        this.admitter = admitter;
        this.limits = limits;
        this.catalog = catalog;
        this.metadata = metadata;
        this.health = health;
        this.metrics = metrics;
        this.rules =
                List.of(
                        post("/v1/completions", infer(Route.OPENAI_COMPLETIONS)),
                        post("/v1/chat/completions", infer(Route.OPENAI_CHAT)),
                        post("/v1/embeddings", infer(Route.OPENAI_EMBEDDINGS)),
                        get("/v1/models", json(call -> metadata.openAiModels(catalog.all()))),
                        get("/v1/models/{model...}", openAiModel(metadata::openAiModel)),
                        post("/v2/models/{model}/infer", infer(Route.KSERVE_INFER)),
                        post(
                                "/v2/models/{model}/versions/{version}/infer",
                                infer(Route.KSERVE_INFER)),
                        get("/v2", json(call -> metadata.server())),
                        get("/v2/health/live", this::kserveLive),
                        get("/v2/health/ready", this::kserveReady),
                        get("/v2/models/{model}/ready", kserveModel(metadata::ready)),
                        get(
                                "/v2/models/{model}/versions/{version}/ready",
                                kserveModel(metadata::ready)),
                        get(
                                "/v2/models/{model}/versions/{version}",
                                kserveModel(metadata::kserveModel)),
                        get("/v2/models/{model}", kserveModel(metadata::kserveModel)),
                        post(
                                "/v2/repository/index",
                                json(call -> metadata.repositoryIndex(catalog.all()))),
                        get("/health/live", this::live),
                        get("/health/ready", this::ready),
                        get("/metrics", this::metrics));
    }

    private static Rule get(String path, Responder responder) {
        return new Rule("GET", new PathPattern(path), responder);
    }

    private static Rule post(String path, Responder responder) {
        return new Rule("POST", new PathPattern(path), responder);
    }

    /** Answers, or hands over to whoever will. */
    void serve(HttpExchangeCall call) {
        HttpServerExchange exchange = call.exchange;
        String tooMuch = limits.exceeded(exchange);
        if (tooMuch != null) {
            refuse(call, RequestStatus.HEADERS_TOO_LARGE, tooMuch, null);
            return;
        }
        String method = exchange.getRequestMethod().toString();
        // A HEAD is answered like a GET; Undertow leaves the body out.
        String asked = exchange.getRequestMethod().equals(Methods.HEAD) ? "GET" : method;
        String path = exchange.getRequestPath();
        Found found = known.get(path);
        if (found != null && found.rule().method().equals(asked)) {
            respond(call, found);
            return;
        }
        List<String> allowed = List.of();
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            PathPattern.Names names = rule.path().match(path);
            if (names != null && rule.method().equals(asked)) {
                var match = new Found(rule, names);
                if (known.size() < MOST_KNOWN && isServed(names)) {
                    known.put(path, match);
                }
                respond(call, match);
                return;
            }
            if (names != null) {
                allowed = new ArrayList<>(allowed);
                allowed.add(rule.method().equals("GET") ? "GET, HEAD" : rule.method());
            }
        }
        if (allowed.isEmpty()) {
            refuse(
                    call,
                    RequestStatus.UNKNOWN_PATH,
                    "unknown path " + exchange.getRequestPath(),
                    null);
            return;
        }
        call.head.allow = String.join(", ", allowed);
        refuse(
                call,
                RequestStatus.METHOD_NOT_ALLOWED,
                "method " + method + " is not allowed here; use " + call.head.allow,
                null);
    }

    /** Others are not remembered, or a client could fill the memory with names it makes up. */
    private boolean isServed(PathPattern.Names names) {
        return names.model() == null || catalog.find(names.model()) != null;
    }

    private static void respond(HttpExchangeCall call, Found found) {
        call.model = found.names().model();
        call.version = found.names().version();
        found.rule().responder().respond(call);
    }

    /** How errors under the call's path are said. */
    Route.Dialect dialect(HttpExchangeCall call) {
        String path = call.exchange.getRequestPath();
        return path.equals("/v2") || path.startsWith("/v2/")
                ? Route.Dialect.KSERVE
                : Route.Dialect.OPENAI;
    }

    private void refuse(
            HttpExchangeCall call, RequestStatus status, String message, @Nullable String param) {
        call.door.counters().increment(Counter.REFUSED_AT_DOOR);
        call.refuse(dialect(call), status, message, param);
    }

    private Responder infer(Route route) {
        return call -> {
            call.route = route;
            admitter.admit(call);
        };
    }

    private static Responder json(Function<HttpExchangeCall, byte[]> body) {
        return call -> call.answer(200, JSON, body.apply(call));
    }

    private Responder openAiModel(Function<ModelEntry, byte[]> body) {
        return call -> {
            ModelEntry entry = find(call);
            if (entry == null) {
                refuse(
                        call,
                        RequestStatus.MODEL_NOT_FOUND,
                        "model '" + call.model + "' does not exist",
                        "model");
            } else {
                call.answer(200, JSON, body.apply(entry));
            }
        };
    }

    private Responder kserveModel(Function<ModelEntry, byte[]> body) {
        return call -> {
            ModelEntry entry = find(call);
            String version = call.version;
            if (entry == null || (version != null && !version.equals(entry.version()))) {
                refuse(
                        call,
                        RequestStatus.MODEL_NOT_FOUND,
                        version == null
                                ? "unknown model '" + call.model + "'"
                                : "unknown model '" + call.model + "' version '" + version + "'",
                        null);
            } else {
                call.answer(200, JSON, body.apply(entry));
            }
        };
    }

    private @Nullable ModelEntry find(HttpExchangeCall call) {
        return call.model == null ? null : catalog.find(call.model);
    }

    private void kserveLive(HttpExchangeCall call) {
        boolean live = health.live();
        call.answer(live ? 200 : 503, JSON, metadata.flag("live", live));
    }

    private void kserveReady(HttpExchangeCall call) {
        boolean ready = isReady(call);
        call.answer(ready ? 200 : 503, JSON, metadata.flag("ready", ready));
    }

    private void live(HttpExchangeCall call) {
        boolean live = health.live();
        call.answer(live ? 200 : 503, JSON, metadata.health(live, "live", health.detail()));
    }

    private void ready(HttpExchangeCall call) {
        boolean ready = isReady(call);
        String detail = call.door.draining().getAsBoolean() ? "draining" : health.detail();
        call.answer(ready ? 200 : 503, JSON, metadata.health(ready, "ready", detail));
    }

    private boolean isReady(HttpExchangeCall call) {
        return health.ready() && !call.door.draining().getAsBoolean();
    }

    /** Rendering walks every meter: too long for a thread that others wait for. */
    private void metrics(HttpExchangeCall call) {
        try {
            call.exchange.getConnection().getWorker().execute(() -> render(call));
        } catch (RejectedExecutionException busy) {
            refuse(call, RequestStatus.OVERLOADED, "too many requests for /metrics", null);
        }
    }

    private void render(HttpExchangeCall call) {
        Runnable answer;
        try {
            byte[] text = metrics.get().getBytes(StandardCharsets.UTF_8);
            answer = () -> call.answer(200, METRICS, text);
        } catch (RuntimeException e) {
            call.door.log().error("metrics could not be rendered", e);
            answer = () -> refuse(call, RequestStatus.INTERNAL, "metrics failed", null);
        }
        call.thread.ioThread.execute(answer);
    }
}
