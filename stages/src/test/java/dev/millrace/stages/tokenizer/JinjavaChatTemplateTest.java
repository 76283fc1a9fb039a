package dev.millrace.stages.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Expected prompts are worked out by hand from the formats' descriptions. */
class JinjavaChatTemplateTest {
    private static final String CHATML =
            """
            {% for message in messages %}
            {{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
            {% endfor %}
            {% if add_generation_prompt %}
            {{ '<|im_start|>assistant\\n' }}
            {% endif %}
            """;

    private static final String LLAMA2 =
            "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set"
                    + " system_message = messages[0]['content'] %}{% else %}{% set loop_messages ="
                    + " messages %}{% set system_message = false %}{% endif %}{% for message in"
                    + " loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0)"
                    + " %}{{ raise_exception('Roles must alternate user/assistant') }}{% endif %}{% if"
                    + " loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' +"
                    + " system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set"
                    + " content = message['content'] %}{% endif %}{% if message['role'] == 'user'"
                    + " %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif"
                    + " message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token"
                    + " }}{% endif %}{% endfor %}";

    private static final String LLAMA3 =
            """
            {{- bos_token }}
            {%- for message in messages %}
                {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
            {%- endif %}
            """;

    private static final String ZEPHYR =
            """
            {% for message in messages %}
            {% if message['role'] == 'user' %}
            {{ '<|user|>\\n' + message['content'] + eos_token }}
            {% elif message['role'] == 'system' %}
            {{ '<|system|>\\n' + message['content'] + eos_token }}
            {% elif message['role'] == 'assistant' %}
            {{ '<|assistant|>\\n'  + message['content'] + eos_token }}
            {% endif %}
            {% if loop.last and add_generation_prompt %}
            {{ '<|assistant|>' }}
            {% endif %}
            {% endfor %}
            """;

    private static ChatTemplate template(String source) {
        return new JinjavaChatTemplate(source, "<s>", "</s>");
    }

    /** Alternating role and content. */
    private static List<Map<String, Object>> chat(String... rolesAndContents) {
        List<Map<String, Object>> messages = new ArrayList<>();
        for (int i = 0; i < rolesAndContents.length; i += 2) {
            messages.add(Map.of("role", rolesAndContents[i], "content", rolesAndContents[i + 1]));
        }
        return messages;
    }

    @Test
    void shouldRenderChatMl() {
        String prompt = template(CHATML).render(chat("system", "Be brief.", "user", "Hi"), true);

        // Each expression line keeps its newline; lines that hold only a block do not.
        assertThat(prompt)
                .isEqualTo(
                        """
                        <|im_start|>system
                        Be brief.<|im_end|>

                        <|im_start|>user
                        Hi<|im_end|>

                        <|im_start|>assistant

                        """);
    }

    @Test
    void shouldLeaveOutTheGenerationPromptWhenNotAskedFor() {
        String oneLine =
                "{% for m in messages %}{{'<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>'"
                        + " + '\n'}}{% endfor %}{% if add_generation_prompt %}{{"
                        + " '<|im_start|>assistant\n' }}{% endif %}";

        assertThat(template(oneLine).render(chat("user", "Hi"), false))
                .isEqualTo("<|im_start|>user\nHi<|im_end|>\n");
        assertThat(template(oneLine).render(chat("user", "Hi"), true))
                .isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void shouldRenderLlama2() {
        String prompt =
                template(LLAMA2)
                        .render(
                                chat(
                                        "system",
                                        "Be kind.",
                                        "user",
                                        " Hello ",
                                        "assistant",
                                        "Hi!",
                                        "user",
                                        "Bye"),
                                true);

        assertThat(prompt)
                .isEqualTo(
                        "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\n Hello [/INST] Hi! </s><s>[INST]"
                                + " Bye [/INST]");
    }

    @Test
    void shouldSayWhatTheTemplateRaises() {
        assertThatThrownBy(() -> template(LLAMA2).render(chat("assistant", "Hi"), true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Roles must alternate user/assistant");
    }

    @Test
    void shouldRenderLlama3() {
        String prompt =
                template(LLAMA3).render(chat("system", " Be kind. ", "user", "Hello\n"), true);

        assertThat(prompt)
                .isEqualTo(
                        "<s><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
                                + "<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
                                + "<|start_header_id|>assistant<|end_header_id|>\n\n");
    }

    @Test
    void shouldRenderZephyr() {
        String prompt = template(ZEPHYR).render(chat("system", "S", "user", "U"), true);

        assertThat(prompt).isEqualTo("<|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\n");
    }

    @Test
    void shouldRenderTheSameTemplateAgainAndAgain() {
        ChatTemplate template = template(LLAMA2);
        String first = template.render(chat("user", "one"), true);
        template.render(chat("system", "s", "user", "two"), true);

        assertThat(template.render(chat("user", "one"), true))
                .isEqualTo(first)
                .isEqualTo("<s>[INST] one [/INST]");
    }

    @Test
    void shouldNotReadMessagesAsTemplates() {
        String content = "{{ 6 * 7 }} {% raw %} {# gone? #} {{ bos_token }} \\n {{ '\\n' }}";

        assertThat(template("{{ messages[0].content }}").render(chat("user", content), true))
                .isEqualTo(content);
    }

    @Test
    void shouldHavePythonsStringMethods() {
        String source =
                "{% set c = messages[0].content %}{{ c.split('</think>')[-1].lstrip('\\n') }}|{{ 'y'"
                        + " if c.startswith('<think>') else 'n' }}|{{ 'y' if"
                        + " c.upper().endswith('DONE') else 'n' }}|{{ c.replace('o',"
                        + " '0').rstrip() }}|{{ '-'.join(['a', 'b']) }}|{{ 'x y'.title() }}|{{ c[0] + c[-1] }}";

        assertThat(template(source).render(chat("user", "<think>so</think>\n\ndone"), true))
                .isEqualTo("done|y|y|<think>s0</think>\n\nd0ne|a-b|X Y|<e");
    }

    @Test
    void shouldHaveNamespacesMacrosAndMembership() {
        String source =
                """
                {%- set ns = namespace(found=false, last='') -%}
                {%- for m in messages -%}
                  {%- if m.role == 'user' -%}
                    {%- set ns.found = true -%}{%- set ns.last = m.content -%}
                  {%- endif -%}
                {%- endfor -%}
                {%- macro shout(text) -%}{{ text | upper }}!{%- endmacro -%}
                {{ 'y' if ns.found else 'n' }}:{{ shout(ns.last) }}:
                {{- 'y' if 'name' in messages[0] else 'n' }}:{{ messages | length }}:
                {{- 'y' if tools is defined else 'n' }}:{{ 'a' if tools else 'b' }}\
                """;

        assertThat(template(source).render(chat("system", "s", "user", "hey"), true))
                .isEqualTo("y:HEY!:n:2:n:b");
    }

    @Test
    void shouldWriteJsonAsPythonDoes() {
        assertThat(
                        template("{{ messages | tojson }}")
                                .render(
                                        List.of(
                                                new TreeMap<>(
                                                        Map.of(
                                                                "role", "user", "content",
                                                                "é \"<"))),
                                        true))
                .isEqualTo("[{\"content\": \"é \\\"<\", \"role\": \"user\"}]");
        assertThat(template("{{ {'a': [1, true]} | tojson(indent=2) }}").render(chat(), true))
                .isEqualTo("{\n  \"a\": [\n    1,\n    true\n  ]\n}");
    }

    @Test
    void shouldNotReachJava() {
        for (String source :
                List.of(
                        "{{ ''.getClass() }}",
                        "{{ messages.getClass().getName() }}",
                        "{{ ''.class.forName('java.lang.Runtime') }}",
                        "{% include 'logback.xml' %}")) {
            String outcome;
            try {
                outcome = template(source).render(chat("user", "x"), true);
            } catch (IllegalArgumentException refused) {
                outcome = "";
            }
            assertThat(outcome).as(source).isEmpty();
        }
    }

    @Test
    void shouldNotReadOtherFiles() {
        for (String tag : List.of("include 'a'", "import 'a' as b", "from 'a' import b")) {
            assertThatThrownBy(() -> template("{% " + tag + " %}").render(chat("user", "x"), true))
                    .as(tag)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("disabled");
        }
    }

    @Test
    void shouldForgetMacrosAndVariablesBetweenRenders() {
        ChatTemplate template =
                template(
                        "{{ 'y' if seen is defined else 'n' }}{% set seen = 1 %}{{ messages |"
                                + " length }}");
        assertThat(template.render(chat("user", "x"), true)).isEqualTo("n1");
        assertThat(template.render(chat("user", "x", "user", "y"), true)).isEqualTo("n2");
    }

    @Test
    void shouldStopATemplateThatDoesNotEnd() {
        String source =
                "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{%"
                        + " if a %}{% endif %}{% endfor %}{% endfor %}{% endfor %}";

        assertThatThrownBy(() -> template(source).render(chat("user", "x"), true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nodes");
    }

    @Test
    void shouldRefuseATemplateThatIsBroken() {
        for (String source : List.of("{% for m in messages %}", "{{ nosuchfunction(1) }}")) {
            assertThatThrownBy(() -> template(source).render(chat("user", "x"), true))
                    .as(source)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
