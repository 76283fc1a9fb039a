package dev.millrace.tools.bench;

import dev.millrace.tools.Failures;
import dev.millrace.tools.load.CompletionBody;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A closed loop of streamed completions over HTTP, against any server that speaks OpenAI's API.
 *
 * <p>Each stream has a virtual thread, and each request a client and so a connection of its own:
 * llama-server closes one after its answer without saying so, and a request sent just then is lost.
 */
final class HttpLoad implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int INTRUDER_TOKENS = 1;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final URI base;
    private final String model;
    private final int vocabularySize;
    private final int promptTokens;
    private final int answerTokens;

    /**
     * @param base scheme, host and port
     * @param model empty takes the first that the server lists
     * @param vocabularySize ids of prompts are drawn below it
     */
    HttpLoad(URI base, String model, int vocabularySize, int promptTokens, int answerTokens)
            throws IOException, InterruptedException {
        this.base = base;
        this.vocabularySize = vocabularySize;
        this.promptTokens = promptTokens;
        this.answerTokens = answerTokens;
        try {
            this.model = model.isEmpty() ? firstListed() : model;
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .executor(threads)
                .build();
    }

    private String firstListed() throws IOException, InterruptedException {
        URI uri = base.resolve("/v1/models");
        try (HttpClient client = client();
                InputStream body =
                        HttpStream.send(
                                client, HttpRequest.newBuilder(uri).timeout(PATIENCE).build())) {
            JsonNode id = JsonMapper.shared().readTree(body).path("data").path(0).path("id");
            if (!id.isString()) {
                throw new IllegalStateException(uri + " lists no model; --model names one");
            }
            return id.stringValue();
        }
    }

    String model() {
        return model;
    }

    /**
     * Has {@code streams} streams open at any time until each has had {@code rounds} answers.
     *
     * @param intruderTokens of the prompts that one more client sends meanwhile, each for one token
     *     and one after the other; none where 0
     */
    HttpLoadResult measure(int streams, int rounds, int intruderTokens)
            throws InterruptedException {
        var over = new AtomicBoolean();
        long began = System.nanoTime();
        List<Future<StreamTimes>> running = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            running.add(threads.submit(() -> answers(rounds)));
        }
        Callable<StreamTimes> intruding = () -> intrude(intruderTokens, over);
        Future<StreamTimes> intruder = threads.submit(intruding);
        StreamTimes times;
        double seconds;
        try {
            times = joined(running);
            seconds = (System.nanoTime() - began) / 1e9;
        } finally {
            over.set(true);
        }
        return HttpLoadResult.of(streams, seconds, times, joined(List.of(intruder)));
    }

    private StreamTimes answers(int rounds) throws IOException, InterruptedException {
        var times = new StreamTimes();
        for (int i = 0; i < rounds; i++) {
            read(promptTokens, answerTokens, times);
        }
        return times;
    }

    private StreamTimes intrude(int tokens, AtomicBoolean over)
            throws IOException, InterruptedException {
        var times = new StreamTimes();
        while (tokens > 0 && !over.get()) {
            read(tokens, INTRUDER_TOKENS, times);
        }
        return times;
    }

    private void read(int prompt, int answer, StreamTimes times)
            throws IOException, InterruptedException {
        // Never the same prompt twice, in this run or another: the server may keep what it saw.
        Map<String, Object> fields =
                CompletionBody.greedy(
                        model,
                        new SplittableRandom().ints(prompt, 0, vocabularySize).toArray(),
                        answer);
        try (HttpClient client = client()) {
            HttpStream.read(client, base.resolve("/v1/completions"), fields, answer, times);
        }
    }

    private static StreamTimes joined(List<Future<StreamTimes>> running)
            throws InterruptedException {
        var times = new StreamTimes();
        for (Future<StreamTimes> stream : running) {
            try {
                times.add(stream.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            } catch (ExecutionException e) {
                Throwable cause = Objects.requireNonNull(e.getCause());
                throw new IllegalStateException(Failures.oneLine(cause), e);
            } catch (TimeoutException e) {
                throw new IllegalStateException("a stream took more than " + PATIENCE, e);
            }
        }
        return times;
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
