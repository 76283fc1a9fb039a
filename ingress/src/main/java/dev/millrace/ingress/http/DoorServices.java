package dev.millrace.ingress.http;

import dev.millrace.config.HttpConfig;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.RequestPublisher;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;

/** What every call of one door shares. */
record DoorServices(
        HttpConfig config,
        RequestPublisher publisher,
        Counters counters,
        ReplyPool replies,
        NanoClock clock,
        EpochNanoClock wallClock,
        BooleanSupplier draining,
        Logger log) {}
