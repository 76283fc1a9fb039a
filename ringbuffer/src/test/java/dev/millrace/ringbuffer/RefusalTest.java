package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.RingConfig;
import org.junit.jupiter.api.Test;

/** What a refusal and a cancel leave behind in a slot and a context that will be used again. */
class RefusalTest {
    @Test
    void shouldHideARefusedSlotFromItsLaneBeforeTheContextIsReused() {
        try (var rings = new Rings(new RingConfig(4, 256, 2, 1024, 4, 256, 4), 1)) {
            var context = new RequestContext(0);
            context.reset(1, Route.OPENAI_COMPLETIONS);
            RequestSlot slot = rings.requestPublisher().slot(0);
            slot.reset(RequestSlot.Kind.REQUEST, context);
            slot.lane = 3;
            context.refuse(RequestStatus.INVALID, "no", null);
            var refusals = new RefusalHandler((_, _) -> true, rings.replyPublisher(), () -> 1);
            refusals.onEvent(slot, 0, true);
            // The next request in the same context is admitted: the lane must not take it here.
            context.reset(2, Route.OPENAI_COMPLETIONS);
            assertThat(slot.admitted()).isTrue();
            assertThat(slot.lane).isEqualTo(-1);
        }
    }

    @Test
    void shouldKeepACancelWhenALateOneArrives() {
        var context = new RequestContext(0);
        context.reset(7, Route.OPENAI_COMPLETIONS);
        context.cancel(6);
        assertThat(context.cancelled()).isFalse();
        context.cancel(7);
        context.cancel(6);
        assertThat(context.cancelled()).isTrue();
    }

    @Test
    void shouldLetTheFirstRefusalStand() {
        var context = new RequestContext(0);
        context.reset(1, Route.OPENAI_COMPLETIONS);
        context.refuse(RequestStatus.OVERLOADED, "first", "a");
        context.refuse(RequestStatus.INTERNAL, "second", "b");
        assertThat(context.status).isEqualTo(RequestStatus.OVERLOADED);
        assertThat(context.errorMessage).isEqualTo("first");
        assertThat(context.errorParam).isEqualTo("a");
        assertThat(context.retryAfterMillis).isEqualTo(1000);
    }
}
