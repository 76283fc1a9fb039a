package dev.millrace.journal;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One append to the journal. Reused by the thread that appends. */
@Name("millrace.JournalWrite")
@Label("Journal Write")
@Category({"Millrace", "Journal"})
@Description("A frame of records was appended; waiting for others who append included")
@StackTrace(false)
final class JournalWriteEvent extends Event {
    @Label("Records")
    int records;

    @Label("Bytes")
    @Description("Of the frame")
    @DataAmount
    int bytes;

    @Label("Failed")
    @Description("Whether the records are not in the journal")
    boolean failed;

    /** Behind {@link #begin}. */
    void ended(int records, int bytes, boolean failed) {
        end();
        if (shouldCommit()) {
            this.records = records;
            this.bytes = bytes;
            this.failed = failed;
            commit();
        }
    }
}
