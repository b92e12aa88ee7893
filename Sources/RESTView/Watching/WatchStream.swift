import Foundation
import Hummingbird
import Jobs
import Journal
import ServiceLifecycle

/// One watched list, from its first event to its last.
struct WatchStream {
    let query: JobQuery
    let hub: WatchHub
    let journal: JournalReader
    /// The journal's state when the watcher connected.
    let mark: JournalMark
    /// The `Last-Event-ID` that the watcher sent; nil if it sent none.
    let lastEvent: String?
    /// When the stream ends. To go on, the watcher connects and signs in again.
    let end: ContinuousClock.Instant?

    /// The number of jobs read at a time for a new watcher.
    private static let pageSize = 256

    /// Sends all jobs, or the changes since the last event, and then each change when it happens.
    ///
    /// Returns when the service stops or the watcher's time is over, and throws when the watcher disconnects.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let listener = hub.addListener(to: partition)
        var filter = WatchFilter(query, synced: seen ?? 0)
        var events = EventWriter(journal: mark.journal)
        events.writeRetry(1000)
        if seen == nil {
            if lastEvent != nil {
                events.writeEvent("reset", Array(Self.resetReason.utf8))
            }
            try await sendAll(&events, &filter, to: &writer)
        }
        var position = try await sendChanges(after: seen ?? mark.revision, &events, &filter, to: &writer)
        events.writeEvent("synced", Array("{}".utf8))
        try await events.flush(to: &writer, at: position)
        let alarm = end.map { end in
            Task {
                try await Task.sleep(until: end)
                listener.signal()
            }
        }
        defer { alarm?.cancel() }
        for await _ in listener.signals.cancelOnGracefulShutdown() {
            if let end, .now >= end { return }
            position = try await sendChanges(after: position, &events, &filter, to: &writer)
            if !events.hasSent {
                events.writeComment()
            }
            try await events.flush(to: &writer, at: position)
        }
    }

    /// Sends the jobs that existed when the watcher connected.
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

    /// Sends the changes after a revision. The last event waits for ``EventWriter/flush(to:at:)``.
    ///
    /// - Returns: the revision up to which all changes are sent.
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
        filter.markSynced(at: position)
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
            events.writeEvent(event.rawValue, change.document)
        }
        try await events.flush(to: &writer)
    }

    private var partition: PartitionKey { PartitionKey(cluster: query.cluster, partition: query.partition) }

    /// The revision that the watcher has seen; nil if the stream can't continue from there.
    private var seen: Int64? {
        guard let event = lastEvent.flatMap(EventID.init), event.journal == mark.journal,
            event.revision <= mark.revision
        else { return nil }
        return event.revision
    }

    private static let resetReason =
        #"{"reason":"the last event is of another journal: all jobs follow, and what is not among them is gone"}"#
}

/// Decides which event a change is for one watcher, who already knows some jobs.
///
/// When several changes of a job are read together, only the newest one is seen. So the filter relies on the revisions at which
/// the watcher had everything (``markSynced(at:)``): a job is known if it was visible then and ever since.
struct WatchFilter {
    enum Event: String {
        case added, modified, deleted
    }

    private let query: JobQuery
    private let isFiltered: Bool
    /// The last revision at which the watcher had everything; 0: never.
    private var synced: Int64
    /// Whether the watcher has a job: for each job sent since then, or with filters, for each job ever sent.
    private var sent: [String: Bool] = [:]

    init(_ query: JobQuery, synced: Int64) {
        self.query = query
        self.synced = synced
        isFiltered = !query.phases.isEmpty || query.uid != nil || query.text != nil || query.endedSince != nil
    }

    /// - Returns: the event for the watcher; nil if the change does not concern it.
    mutating func event(for change: JobChange) -> Event? {
        let id = change.record.key.id
        let isKnown = sent[id] ?? (change.born <= synced)
        let isWanted = isFiltered ? query.matches(change.record) : change.record.isShown
        sent[id] = isWanted
        return isWanted ? (isKnown ? .modified : .added) : (isKnown ? .deleted : nil)
    }

    /// Records that the watcher has all changes up to a revision.
    mutating func markSynced(at revision: Int64) {
        // With filters a visible job may be unwanted, so only the sent events count.
        guard !isFiltered else { return }
        synced = revision
        sent = [:]
    }
}
