package dev.millrace.gpustage.guide;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.StructuredOutput;
import dev.millrace.ringbuffer.StructuredOutput.Kind;
import dev.millrace.ringbuffer.TokenBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuideCompilerTest {
    private static final Vocabulary BYTES = Vocabulary.bytesAndSome();

    private final CountDownLatch mayRead = new CountDownLatch(1);
    private final GuideCompiler compiler = compiler(id -> BYTES.tokens()[id]);

    private static GuideCompiler compiler(TokenBytes text) {
        return new GuideCompiler("m", text, BYTES.tokens().length, BYTES.endIds());
    }

    /** Compiles nothing until the test says so. */
    private GuideCompiler waiting() {
        return compiler(id -> {
            try {
                mayRead.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return BYTES.tokens()[id];
        });
    }

    @AfterEach
    void close() {
        mayRead.countDown();
        compiler.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("guide-m");
    }

    @Test
    void shouldCompileOnItsOwnThread() {
        try (GuideCompiler slow = waiting()) {
            Guided guided = slow.request(regex("a+"));
            assertThat(guided.state()).isEqualTo(Guided.State.PENDING);
            assertThatThrownBy(guided::guide).isInstanceOf(IllegalStateException.class);
            mayRead.countDown();
            done(guided);
            assertThat(guided.state()).isEqualTo(Guided.State.READY);
            assertThat(guided.guide().start().allows('a')).isTrue();
        }
    }

    @Test
    void shouldCompileTheSameFormOnce() {
        Guided first = compiler.request(regex("a+"));
        assertThat(compiler.request(new StructuredOutput(Kind.REGEX, "a+", "elsewhere")))
                .isSameAs(first);
        done(first);
        assertThat(compiler.request(regex("a+"))).isSameAs(first);
        assertThat(compiler.request(new StructuredOutput(Kind.CHOICE, "[\"a+\"]", "f")))
                .isNotSameAs(first);
    }

    @Test
    void shouldSayWhatIsWrongWithASource() {
        Guided guided = compiler.request(regex("(?=a)"));
        done(guided);
        assertThat(guided.state()).isEqualTo(Guided.State.FAILED);
        assertThat(guided.status()).isEqualTo(RequestStatus.INVALID);
        assertThat(guided.message()).startsWith("at character 3: lookaround");
        Guided next = compiler.request(regex("b"));
        done(next);
        assertThat(next.state()).as("others are not harmed").isEqualTo(Guided.State.READY);
    }

    @Test
    void shouldRefuseMoreThanMayWait() {
        try (GuideCompiler slow = waiting()) {
            List<Guided> taken = new ArrayList<>();
            Guided guided = slow.request(regex("a"));
            // One is at work and does not wait.
            while (guided.state() == Guided.State.PENDING && taken.size() <= GuideLimits.QUEUE) {
                taken.add(guided);
                guided = slow.request(regex("a{" + taken.size() + "}"));
            }
            assertThat(taken.size()).isBetween(GuideLimits.QUEUE, GuideLimits.QUEUE + 1);
            assertThat(guided.status()).isEqualTo(RequestStatus.OVERLOADED);
            assertThat(guided.message()).contains("other forms of text wait");
            mayRead.countDown();
            taken.forEach(GuideCompilerTest::done);
            assertThat(taken).allMatch(t -> t.state() == Guided.State.READY);
        }
    }

    @Test
    void shouldKeepThoseUsedLast() {
        Guided first = ready("first");
        Guided used = ready("used");
        Guided unused = ready("unused");
        for (int i = 0; i < GuideLimits.CACHE_GUIDES - 3; i++) {
            ready("x" + i);
            assertThat(compiler.request(regex("used"))).isSameAs(used);
        }
        assertThat(compiler.request(regex("first"))).as("all fit").isSameAs(first);
        ready("one");
        ready("more");
        assertThat(compiler.request(regex("used"))).isSameAs(used);
        assertThat(compiler.request(regex("unused"))).isNotSameAs(unused);
        assertThat(compiler.request(regex("first"))).isSameAs(first);
    }

    @Test
    void shouldEndWhileACompilationRuns() {
        GuideCompiler slow = waiting();
        Guided guided = slow.request(regex("a"));
        slow.close();
        assertThat(guided.state()).isNotEqualTo(Guided.State.READY);
        assertThat(slow.request(regex("b")).status()).isEqualTo(RequestStatus.DRAINING);
    }

    private Guided ready(String pattern) {
        Guided guided = compiler.request(regex(pattern));
        done(guided);
        assertThat(guided.state()).isEqualTo(Guided.State.READY);
        return guided;
    }

    private static void done(Guided guided) {
        await().atMost(30, SECONDS).until(() -> guided.state() != Guided.State.PENDING);
    }

    private static StructuredOutput regex(String pattern) {
        return new StructuredOutput(Kind.REGEX, pattern, "structured_outputs.regex");
    }
}
