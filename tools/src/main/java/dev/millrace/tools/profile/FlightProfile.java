package dev.millrace.tools.profile;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/** Reads a flight recording. */
final class FlightProfile {
    /** Fields of a request's event, which are named as the stages of a request's life. */
    static final List<String> FIELDS =
            List.of(
                    "door",
                    "decode",
                    "rateLimit",
                    "batch",
                    "queue",
                    "infer",
                    "replyJournal",
                    "reply");

    static final List<String> STAGES =
            List.of(
                    "door",
                    "decode",
                    "rate-limit",
                    "batch",
                    "queue",
                    "infer",
                    "reply-journal",
                    "reply");

    static final String REQUEST = "millrace.Request";
    static final String STEP = "millrace.Step";
    private static final String JOURNAL_WRITE = "millrace.JournalWrite";
    private static final String JOURNAL_SYNC = "millrace.JournalSync";
    private static final String REFUSAL = "millrace.Refusal";
    private static final String THREAD = "lane-";

    private FlightProfile() {}

    /**
     * Reads it twice.
     *
     * @throws IOException where it is no recording
     */
    static Profile read(Path recording) throws IOException {
        var profile = new Profile("recording " + recording, STAGES);
        try (var file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                first(file.readEvent(), profile);
            }
        }
        profile.requestsSeen();
        try (var file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                second(file.readEvent(), profile);
            }
        }
        return profile;
    }

    private static void second(RecordedEvent event, Profile profile) {
        switch (event.getEventType().getName()) {
            case STEP -> step(event, profile);
            case JOURNAL_WRITE, JOURNAL_SYNC ->
                    profile.seeJournal(nanos(event.getStartTime()), nanos(event.getEndTime()));
            default -> {}
        }
    }

    private static void first(RecordedEvent event, Profile profile) {
        switch (event.getEventType().getName()) {
            case REQUEST -> profile.see(request(event));
            case REFUSAL ->
                    profile.refusals.merge(
                            event.getString("status") + " at " + event.getString("stage"),
                            1,
                            Integer::sum);
            case JOURNAL_WRITE ->
                    profile.appends.wrote(
                            event.getDuration().toNanos(),
                            event.getInt("records"),
                            event.getInt("bytes"),
                            event.getBoolean("failed"));
            case JOURNAL_SYNC ->
                    profile.appends.synced(
                            event.getDuration().toNanos(), event.getBoolean("failed"));
            case "jdk.GCPhasePause" -> profile.pauses.add(pause(event, true));
            case "jdk.ExecuteVMOperation" -> {
                if (event.getBoolean("safepoint")
                        && !event.getString("operation").contains("Collect")) {
                    profile.pauses.add(pause(event, false));
                }
            }
            case "jdk.ExecutionSample", "jdk.NativeMethodSample" -> sample(event, profile.methods);
            default -> {}
        }
    }

    /** A request's event. */
    static RequestSample request(RecordedEvent event) {
        List<Long> stages = FIELDS.stream().map(event::getLong).toList();
        long total = stages.stream().mapToLong(Long::longValue).sum();
        return new RequestSample(
                event.getString("requestId"),
                event.getString("model"),
                event.getString("status"),
                event.getInt("promptTokens"),
                event.getInt("completionTokens"),
                nanos(event.getEndTime()) - total,
                event.getLong("firstToken"),
                stages);
    }

    private static void step(RecordedEvent event, Profile profile) {
        long plan = event.getLong("planNanos");
        String lane = lane(event);
        // An event begins behind the plan: an idle lane plans, and steps nothing.
        profile.see(
                new StepSample(
                        lane,
                        nanos(event.getStartTime()) - plan,
                        nanos(event.getEndTime()),
                        event.getInt("entries"),
                        event.getInt("tokens")));
        profile.lane(lane).divide(plan, event.getLong("modelNanos"), event.getLong("sampleNanos"));
    }

    /** The model's name; events name the lane's thread. */
    static String lane(RecordedEvent step) {
        String thread = step.getString("lane");
        return thread.startsWith(THREAD) ? thread.substring(THREAD.length()) : thread;
    }

    private static Pause pause(RecordedEvent event, boolean gc) {
        return new Pause(gc, nanos(event.getStartTime()), nanos(event.getEndTime()));
    }

    private static void sample(RecordedEvent event, HotMethods methods) {
        RecordedThread thread = event.getThread("sampledThread");
        RecordedStackTrace stack = event.getStackTrace();
        if (thread == null || stack == null || stack.getFrames().isEmpty()) {
            return;
        }
        RecordedFrame frame = stack.getFrames().getFirst();
        RecordedMethod method = frame.getMethod();
        String type = method.getType().getName();
        methods.see(
                String.valueOf(thread.getJavaName()),
                type.substring(type.lastIndexOf('.') + 1) + "." + method.getName());
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }
}
