package dev.millrace.gpustage.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Fails a test that leaves a native object, an open scope or a thread behind. */
public abstract class TorchTest {
    private int keptBefore;
    private int scopesBefore;
    private Set<String> threadsBefore = Set.of();

    @BeforeAll
    static void startLibTorch() {
        LibTorch.start(1, 1);
    }

    @BeforeEach
    void rememberGround() {
        LibTorch.enterLaneThread(1);
        keptBefore = TensorScope.liveKept();
        scopesBefore = TensorScope.liveScopes();
        threadsBefore = threads();
    }

    @AfterEach
    void shouldLeaveNothingBehind() {
        assertThat(TensorScope.liveScopes()).as("open tensor scopes").isEqualTo(scopesBefore);
        assertThat(TensorScope.liveKept())
                .as("native objects that were kept")
                .isEqualTo(keptBefore);
        Set<String> left = new TreeSet<>(threads());
        left.removeAll(threadsBefore);
        assertThat(left).as("threads").isEmpty();
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isDaemon() || thread.getName().startsWith("lane"))
                .map(Thread::getName)
                .collect(Collectors.toSet());
    }
}
