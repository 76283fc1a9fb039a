package dev.millrace.tools.load;

/**
 * One request and what became of it.
 *
 * @param answer what came, also where the client went away before it was whole
 * @param latenessNanos from when it was due to when it was sent
 * @param firstTokenNanos from when it was due to the first text of a stream; -1 where none came
 * @param latencyNanos from when it was due to the end of the answer
 * @param cancelled whether the client went away, as the request says
 */
public record Exchange<T>(
        T request,
        Answer answer,
        long latenessNanos,
        long firstTokenNanos,
        long latencyNanos,
        boolean cancelled) {}
