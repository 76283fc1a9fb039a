package dev.millrace.journal;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A wait until records are on the disk. Reused by the thread that waits. */
@Name("millrace.JournalSync")
@Label("Journal Sync")
@Category({"Millrace", "Journal"})
@Description("A thread waited until its records were on the disk: journal.durability fsync-batch")
@StackTrace(false)
final class JournalSyncEvent extends Event {
    @Label("Failed")
    @Description("Whether they are not known to be there")
    boolean failed;

    /** Behind {@link #begin}. */
    void ended(boolean failed) {
        end();
        if (shouldCommit()) {
            this.failed = failed;
            commit();
        }
    }
}
