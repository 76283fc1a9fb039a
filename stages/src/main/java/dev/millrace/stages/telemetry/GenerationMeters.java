package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.GenerationUsage;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.ToDoubleFunction;

/**
 * Gauges and counters of a text model's scheduler and KV cache, under vLLM's names (vLLM
 * documentation, "Production Metrics"). Asked at each scrape, on the scraping thread.
 */
final class GenerationMeters {
    private final MeterRegistry registry;
    private final Tags tags;

    GenerationMeters(MeterRegistry registry, String model) {
        this.registry = registry;
        this.tags = VllmMeters.tags(model);
    }

    void bind(GenerationUsage usage) {
        gauge(
                usage,
                "vllm:num_requests_running",
                "Generations that take part in steps",
                GenerationUsage::running);
        gauge(
                usage,
                "vllm:num_requests_waiting",
                "Generations that wait for their turn",
                GenerationUsage::waiting);
        gauge(
                usage,
                "vllm:kv_cache_usage_perc",
                "Share of KV-cache blocks that generations hold, 0 to 1",
                GenerationUsage::used);
        gauge(
                usage,
                "millrace_kv_cache_blocks_used",
                "KV-cache blocks that generations hold",
                GenerationUsage::blocksUsed);
        gauge(
                usage,
                "millrace_kv_cache_blocks_cached",
                "KV-cache blocks that nobody holds and whose prefix is known",
                GenerationUsage::blocksCached);
        counter(
                usage,
                "vllm:prefix_cache_queries",
                "Tokens looked up in the prefix cache",
                GenerationUsage::prefixQueries);
        counter(
                usage,
                "vllm:prefix_cache_hits",
                "Tokens found in the prefix cache",
                GenerationUsage::prefixHits);
        counter(
                usage,
                "vllm:num_preemptions",
                "Generations that lost their blocks and began anew",
                GenerationUsage::preemptions);
        counter(
                usage,
                "vllm:spec_decode_num_draft_tokens",
                "Tokens guessed from the text itself",
                GenerationUsage::draftedTokens);
        counter(
                usage,
                "vllm:spec_decode_num_accepted_tokens",
                "Guessed tokens that came out so",
                GenerationUsage::acceptedTokens);
    }

    private void gauge(
            GenerationUsage usage,
            String name,
            String help,
            ToDoubleFunction<GenerationUsage> value) {
        Gauge.builder(name, usage, value)
                .description(help)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private void counter(
            GenerationUsage usage,
            String name,
            String help,
            ToDoubleFunction<GenerationUsage> value) {
        FunctionCounter.builder(name, usage, value).description(help).tags(tags).register(registry);
    }
}
