package dev.millrace.gpustage.schedule;

/** A caller with generations in the scheduler, and the service that it had. */
final class Caller {
    final long id;

    /** Grows only. */
    long service;

    /** The service under which {@link Callers} last sorted it in; never more than its service. */
    long ranked;

    int generations;

    Caller(long id, long service) {
        this.id = id;
        this.service = service;
        this.ranked = service;
    }
}
