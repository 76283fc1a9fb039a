package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KnownRequestsTest {
    private final KnownRequests known = new KnownRequests(2);

    private KnownRequest put(long id, long origin, @Nullable Digest128 key) {
        var request = new KnownRequest(id, origin, 0, 7, key, new Digest128(0, id), 0);
        known.put(request);
        return request;
    }

    private static Digest128 key(long number) {
        return new Digest128(1, number);
    }

    @Test
    void shouldForgetTheOldestWithItsKey() {
        put(1, 1, key(1));
        KnownRequest second = put(2, 2, null);
        KnownRequest third = put(3, 3, key(3));

        assertThat(known.size()).isEqualTo(2);
        assertThat(known.byId(1)).isNull();
        assertThat(known.byKey(key(1))).isNull();
        assertThat(known.byId(2)).isSameAs(second);
        assertThat(known.byKey(key(3))).isSameAs(third);
    }

    @Test
    void shouldPutAnAttemptInPlaceOfTheOneBefore() {
        put(1, 1, key(1));
        put(2, 2, key(2));

        KnownRequest again = put(3, 1, key(1));
        put(4, 4, null);

        assertThat(known.byId(1)).isSameAs(again);
        assertThat(known.byKey(key(1))).isSameAs(again);
        assertThat(known.byId(2)).as("the oldest by then").isNull();
    }

    @Test
    void shouldAnswerOnlyWithWholeAnswers() {
        KnownRequest whole = put(1, 1, null);
        whole.beginsAt(Path.of("a"), 8);
        whole.recorded(true, false);
        assertThat(whole.state()).isEqualTo(KnownRequest.State.RUNNING);
        whole.recorded(true, true);
        KnownRequest broken = put(2, 2, null);
        broken.recorded(false, false);
        broken.recorded(true, true);

        assertThat(whole.state()).isEqualTo(KnownRequest.State.ANSWERED);
        assertThat(broken.state()).isEqualTo(KnownRequest.State.UNANSWERED);
    }

    @Test
    void shouldCallWhatHadNoLastWordUnanswered() {
        KnownRequest cutOff = put(1, 1, null);

        known.endRuns();

        assertThat(cutOff.state()).isEqualTo(KnownRequest.State.UNANSWERED);
    }
}
