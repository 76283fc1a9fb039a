/**
 * Slots, rings and the contracts between the siblings; no stage lives here.
 *
 * <pre>
 *            request ring                                              reply ring
 *  doors ─▶ [ journal ‖ decode ─▶ rate-limit ]─▶ batch ─▶ lanes ─▶ journal ─▶ reply ─▶ telemetry
 *    ▲                                             │ refusals        ▲            │
 *    │                                             └─────────────────┘            │
 *    └───────────────────────────────── ReplySink ◀───────────────────────────────┘
 * </pre>
 *
 * Read {@link dev.millrace.ringbuffer.Pipeline} first, then {@link
 * dev.millrace.ringbuffer.RequestSlot}.
 */
@NullMarked
package dev.millrace.ringbuffer;

import org.jspecify.annotations.NullMarked;
