import Foundation
import Hummingbird
import Journal
import ServiceLifecycle

/// One watched list, from its first event to its last.
struct WatchStream {
    let query: JobQuery
    let hub: WatchHub
    let journal: JournalReader
    /// The journal when the watcher came.
    let mark: JournalMark
    /// What the watcher says that it has seen; nil where it says nothing.
    let lastEvent: String?
    /// When to end: whoever watches on shows anew who they are.
    let end: ContinuousClock.Instant?

    /// How many jobs are read at a time when a watcher comes.
    private static let pageSize = 256

    /// Sends all jobs, or what changed since the last event, and then each change as it comes.
    ///
    /// It returns when the service or the watcher's time ends, and throws when the watcher goes.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let listener = hub.listen(to: partition)
        var filter = WatchFilter(query, synced: seen ?? 0)
        var events = EventWriter(journal: mark.journal)
        events.addRetry(1000)
        if seen == nil {
            if lastEvent != nil {
                events.add("reset", Array(Self.resetReason.utf8))
            }
            try await sendAll(&events, &filter, to: &writer)
        }
        var position = try await sendChanges(after: seen ?? mark.revision, &events, &filter, to: &writer)
        events.add("synced", Array("{}".utf8))
        try await events.flush(to: &writer, at: position)
        let alarm = end.map { end in
            Task {
                try await Task.sleep(until: end)
                listener.wake()
            }
        }
        defer { alarm?.cancel() }
        for await _ in listener.signals.cancelOnGracefulShutdown() {
            if let end, .now >= end { return }
            position = try await sendChanges(after: position, &events, &filter, to: &writer)
            if !events.hasSent {
                events.addComment()
            }
            try await events.flush(to: &writer, at: position)
        }
    }

    /// Sends the jobs that there were when the watcher came.
    private func sendAll(
        _ events: inout EventWriter,
        _ filter: inout WatchFilter,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        var position: Int64 = 0
        var hasMore = true
        while hasMore {
            let batch = try WatchHub.batch(
                try await journal.jobs(query, changedAfter: position, through: mark.revision, limit: Self.pageSize)
            )
            try await send(batch, &events, &filter, to: &writer)
            (position, hasMore) = (batch.revision, batch.hasMore)
        }
    }

    /// Sends what changed since; the last event waits for ``EventWriter/flush(to:at:)``.
    ///
    /// - Returns: up to where all is told.
    private func sendChanges(
        after position: Int64,
        _ events: inout EventWriter,
        _ filter: inout WatchFilter,
        to writer: inout any ResponseBodyWriter
    ) async throws -> Int64 {
        var position = position
        var hasMore = true
        while hasMore {
            let batch = try await hub.changes(in: partition, after: position)
            try await send(batch, &events, &filter, to: &writer)
            (position, hasMore) = (batch.revision, batch.hasMore)
        }
        filter.sync(at: position)
        return position
    }

    private func send(
        _ batch: WatchHub.Batch,
        _ events: inout EventWriter,
        _ filter: inout WatchFilter,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        for change in batch.changes {
            guard let event = filter.event(for: change.change) else { continue }
            events.add(event.rawValue, change.document)
        }
        try await events.flush(to: &writer)
    }

    private var partition: PartitionKey { PartitionKey(cluster: query.cluster, partition: query.partition) }

    /// The revision that the watcher has seen; nil where that can't be gone on from.
    private var seen: Int64? {
        guard let event = lastEvent.flatMap(EventID.init), event.journal == mark.journal,
            event.revision <= mark.revision
        else { return nil }
        return event.revision
    }

    private static let resetReason =
        #"{"reason":"the last event is of another journal: all jobs follow, and what is not among them is gone"}"#
}
