package dev.millrace.stages.tokenizer;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.objects.date.FixedDateTimeProvider;
import com.hubspot.jinjava.random.RandomNumberGeneratorStrategy;
import com.hubspot.jinjava.tree.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Hugging Face chat template, rendered by Jinjava as {@code apply_chat_template} of transformers
 * renders it: blocks are trimmed, {@code raise_exception} refuses, strings have Python's methods.
 * Used by one thread at a time: the decode thread.
 *
 * <p>Messages are data: what they contain is never read as a template. A template is bounded by
 * nodes rendered and by characters written, not by time, and has no clock and no dice, so that a
 * replay finds the same prompt.
 */
final class JinjavaChatTemplate implements ChatTemplate {
    /** Nodes rendered for one prompt: 4,096 messages with 100 tags each. */
    private static final int MAX_NODES = 400_000;

    private static final long MAX_CHARS = 32L << 20;
    private static final int MAX_DEPTH = 50;

    /** Tags that would read other files. */
    private static final Set<String> FILE_TAGS = Set.of("include", "import", "from", "extends");

    private final Jinjava jinjava;
    private final JinjavaConfig config;
    private final String source;
    private final String bosToken;
    private final String eosToken;
    private @Nullable Node parsed;
    private int nodesLeft;

    JinjavaChatTemplate(String source, String bosToken, String eosToken) {
        // Jinja drops one newline at the end of a template; Jinjava would drop it from the output.
        this.source = source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
        this.bosToken = bosToken;
        this.eosToken = eosToken;
        config = config();
        jinjava = new Jinjava(config);
        jinjava.getGlobalContext()
                .registerFunction(
                        new ELFunctionDefinition(
                                "",
                                "raise_exception",
                                TemplateRefusal.class,
                                "raise",
                                Object.class));
        TemplateFilters.register(jinjava);
    }

    private JinjavaConfig config() {
        return JinjavaConfig.newBuilder()
                .withTrimBlocks(true)
                .withLstripBlocks(true)
                .withKeepTrailingNewline(true)
                .withNestedInterpretationEnabled(false)
                .withFailOnUnknownTokens(false)
                .withMaxOutputSize(MAX_CHARS)
                .withMaxRenderDepth(MAX_DEPTH)
                .withEnableRecursiveMacroCalls(true)
                .withMaxMacroRecursionDepth(MAX_DEPTH)
                .withLegacyOverrides(asJinja())
                .withElResolver(TemplateResolver.create())
                .withProcessors(
                        JinjavaProcessors.newBuilder()
                                .withNodePreProcessor((node, interpreter) -> countNode())
                                .build())
                .withDisabled(Map.of(Context.Library.TAG, FILE_TAGS))
                .withDateTimeProvider(new FixedDateTimeProvider(0))
                .withRandomNumberGeneratorStrategy(RandomNumberGeneratorStrategy.CONSTANT_ZERO)
                .build();
    }

    /** Jinja's behaviour; white space is not required within tokens, where templates write none. */
    private static LegacyOverrides asJinja() {
        return LegacyOverrides.newBuilder()
                .withEvaluateMapKeys(true)
                .withIterateOverMapKeys(true)
                .withUsePyishObjectMapper(true)
                .withUseSnakeCasePropertyNaming(true)
                .withUseNaturalOperatorPrecedence(true)
                .withParseWhitespaceControlStrictly(true)
                .withAllowAdjacentTextNodes(true)
                .withUseTrimmingForNotesAndExpressions(true)
                .withKeepNullableLoopValues(true)
                .withHandleBackslashInQuotesOnly(true)
                .build();
    }

    private void countNode() {
        if (--nodesLeft < 0) {
            throw new TemplateRefusal("the template does not end within " + MAX_NODES + " nodes");
        }
    }

    @Override
    public String render(List<Map<String, Object>> messages, boolean addGenerationPrompt) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("messages", messages);
        variables.put("bos_token", bosToken);
        variables.put("eos_token", eosToken);
        variables.put("add_generation_prompt", addGenerationPrompt);
        nodesLeft = MAX_NODES;
        Context context = new Context(jinjava.getGlobalContext(), variables, config.getDisabled());
        JinjavaInterpreter interpreter = new JinjavaInterpreter(jinjava, context, config);
        try {
            String text = interpreter.render(parse(interpreter));
            refuseErrors(interpreter);
            return text;
        } catch (RuntimeException | StackOverflowError e) {
            throw new IllegalArgumentException(TemplateRefusal.words(e), e);
        } finally {
            jinjava.getGlobalContext().reset();
        }
    }

    private Node parse(JinjavaInterpreter interpreter) {
        Node tree = parsed;
        if (tree == null) {
            tree = interpreter.parse(source);
            refuseErrors(interpreter);
            parsed = tree;
        }
        return tree;
    }

    /** Warnings are what Jinja lets pass, such as a variable that is not defined. */
    private static void refuseErrors(JinjavaInterpreter interpreter) {
        for (TemplateError error : interpreter.getErrorsCopy()) {
            if (error.getSeverity() == TemplateError.ErrorType.FATAL) {
                Throwable cause = error.getException();
                throw new TemplateRefusal(
                        cause == null ? error.getMessage() : TemplateRefusal.words(cause));
            }
        }
    }
}
