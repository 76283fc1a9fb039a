package dev.millrace.stages.telemetry;

import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The histograms of one name, a set of labels each. Micrometer's own timers take the time, rotate
 * windows and add to several counters at each record; a request makes ten.
 */
final class DurationFamily implements Collector {
    private final MetricMetadata metadata;
    private final List<DurationHistogram> histograms = new CopyOnWriteArrayList<>();

    DurationFamily(String name, String help) {
        metadata = new MetricMetadata(name, help);
    }

    /** One more; once for each set of labels. */
    DurationHistogram with(Tags tags) {
        List<Tag> all = tags.stream().toList();
        var made =
                new DurationHistogram(
                        Labels.of(
                                all.stream().map(Tag::getKey).toList(),
                                all.stream().map(Tag::getValue).toList()));
        histograms.add(made);
        return made;
    }

    @Override
    public HistogramSnapshot collect() {
        return new HistogramSnapshot(
                metadata, histograms.stream().map(DurationHistogram::snapshot).toList());
    }
}
