package dev.millrace.ringbuffer;

/**
 * Every counter, with the sentence that /metrics prints. Names are {@code millrace_} plus the
 * lower-case constant.
 */
public enum Counter {
    REQUESTS_PUBLISHED("Requests put into the request ring"),
    REFUSED_RING_FULL("Requests refused at the door: no free slot"),
    REFUSED_IN_FLIGHT("Requests refused at the door: too many in flight"),
    REFUSED_LARGE_BUFFERS("Requests refused: no free buffer for a large body"),
    REFUSED_DRAINING("Requests refused at the door: shutting down"),
    REFUSED_AT_DOOR("Requests answered at the door with a client error"),
    MESSAGES_DROPPED("Messages too short to be refused by name"),
    CANCELS_PUBLISHED("Disconnects put into the request ring"),
    CANCELS_NOT_RECORDED("Disconnects that found the request ring full"),
    STAGE_FAILURES("Requests failed because a stage threw"),
    LANE_FAILURES("Requests failed because an execution threw"),
    STEPS("Forward passes of text models"),
    STEP_TOKENS("Tokens computed in steps, prompts included"),
    GENERATED_TOKENS("Tokens sampled"),
    BATCHES("Executions of embedding and tensor models"),
    BATCHED_ROWS("Rows executed in batches"),
    REPLIES_PUBLISHED("Entries put into the reply ring"),
    SLOW_READERS_DROPPED("Streams closed because the client read too slowly"),
    JOURNAL_RECORDS("Records appended to the journal"),
    JOURNAL_BYTES("Bytes appended to the journal"),
    JOURNAL_SYNCS("Times the journal was synced to the disk"),
    JOURNAL_FAILURES("Records that could not be appended");

    private final String help;

    Counter(String help) {
        this.help = help;
    }

    public String help() {
        return help;
    }
}
