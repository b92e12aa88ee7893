import Foundation
import Jobs
import Journal
import Logging
import Platform
import Synchronization

/// Reads each change once for all watchers. The journal signals changes, so nothing polls.
///
/// The hub keeps the newest changes of each watched partition. A new or slow watcher that needs older ones reads them from the
/// journal.
final class WatchHub: Sendable {
    /// A watcher, which receives signals until it is released.
    struct Listener: Sendable {
        /// A signal means that something may have changed, or that the heartbeat is due.
        let signals: AsyncStream<Void>
        fileprivate let continuation: AsyncStream<Void>.Continuation
        fileprivate let registration: Registration

        /// Signals this watcher alone.
        func signal() {
            continuation.yield()
        }
    }

    /// A change and its JSON.
    struct Change: Sendable {
        let change: JobChange
        /// The job as JSON, in one line.
        let document: Data
    }

    /// Consecutive changes.
    struct Batch: Sendable {
        let changes: [Change]
        /// The batch contains all changes up to this revision.
        let revision: Int64
        let hasMore: Bool
    }

    private struct State {
        var revision: Int64 = 0
        var channels: [PartitionKey: WatchChannel] = [:]
    }

    private let journal: JournalReader
    private let logger: Logger
    private let state = Mutex(State())

    /// The number of changes kept for a partition.
    private static let capacity = 512
    /// The number of changes read at a time.
    private static let pageSize = 256

    init(journal: JournalReader, logger: Logger) {
        self.journal = journal
        self.logger = logger
    }

    /// Follows the journal until the task is cancelled.
    ///
    /// - Parameter heartbeat: how often all watchers get a signal even if nothing changes.
    func run(heartbeat: Duration) async {
        let signals = journal.jobsChanged
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.catchUp()
                for await _ in signals {
                    await self.catchUp()
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: heartbeat)) != nil {
                    self.signalAll()
                }
            }
        }
    }

    /// Registers a watcher of a partition.
    func addListener(to partition: PartitionKey) -> Listener {
        let stream = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.channels[partition, default: WatchChannel(floor: state.revision)].listeners.add(stream.continuation)
        }
        let registration = Registration { self.removeListener(number, partition) }
        return Listener(signals: stream.stream, continuation: stream.continuation, registration: registration)
    }

    private func removeListener(_ number: UInt64, _ partition: PartitionKey) {
        state.withLock { state in
            state.channels[partition]?.listeners.remove(number)
            if state.channels[partition]?.listeners.isEmpty == true {
                state.channels[partition] = nil
            }
        }
    }

    /// The changes in a partition after a revision.
    func changes(in partition: PartitionKey, after revision: Int64) async throws -> Batch {
        let kept: Batch? = state.withLock { state in
            guard let channel = state.channels[partition], channel.floor <= revision else { return nil }
            return Batch(
                changes: channel.changes(after: revision),
                revision: max(revision, state.revision),
                hasMore: false
            )
        }
        if let kept { return kept }
        return try Self.batch(try await journal.changes(in: partition, after: revision, limit: Self.pageSize))
    }

    static func batch(_ changes: JobChanges) throws -> Batch {
        Batch(
            changes: try changes.changes.map {
                Change(change: $0, document: try JSONDocument(JobObject($0.record)).data)
            },
            revision: changes.revision,
            hasMore: changes.hasMore
        )
    }

    private func catchUp() async {
        do {
            try await readChanges()
        } catch {
            // Each watcher reads the missing changes itself at the next signal.
            logger.error("changes can't be read from the journal", metadata: ["error": "\(error)"])
        }
    }

    /// Reads all new changes, and publishes them together: in between, watchers could see a job before the change that made it.
    private func readChanges() async throws {
        let (start, watched) = state.withLock { ($0.revision, Set($0.channels.keys)) }
        var news: [PartitionKey: [Change]] = [:]
        var dropped: Set<PartitionKey> = []
        var end = start
        var hasMore = true
        while hasMore {
            // Changes in partitions without watchers are not read.
            guard !watched.isEmpty else {
                end = try await journal.mark().revision
                break
            }
            let read = try await journal.changes(in: watched, after: end, limit: Self.pageSize)
            for change in try Self.batch(read).changes {
                news[PartitionKey(of: change.change.record.key), default: []].append(change)
            }
            (end, hasMore) = (read.revision, read.hasMore)
            for (partition, changes) in news where changes.count > Self.capacity {
                news[partition] = []
                dropped.insert(partition)
            }
        }
        publish(news, through: end, to: watched.subtracting(dropped))
    }

    /// Keeps new changes and signals the watchers of the changed partitions.
    ///
    /// - Parameters:
    ///   - news: the new changes by partition.
    ///   - revision: the revision of the last one.
    ///   - complete: the partitions whose changes are all in `news`. Watchers of other partitions read the journal.
    private func publish(_ news: [PartitionKey: [Change]], through revision: Int64, to complete: Set<PartitionKey>) {
        let listeners = state.withLock { state in
            state.revision = revision
            for partition in state.channels.keys {
                if complete.contains(partition) {
                    state.channels[partition]?.append(news[partition] ?? [], keeping: Self.capacity)
                } else {
                    state.channels[partition]?.reset(at: revision)
                }
            }
            let changed = state.channels.filter { !complete.contains($0.key) || news[$0.key] != nil }
            return changed.values.flatMap(\.listeners.all)
        }
        for listener in listeners {
            listener.yield()
        }
    }

    private func signalAll() {
        let listeners = state.withLock { $0.channels.values.flatMap(\.listeners.all) }
        for listener in listeners {
            listener.yield()
        }
    }
}

/// The newest changes of a watched partition, and its watchers.
struct WatchChannel {
    /// The channel has all changes after this revision, up to the hub's own.
    var floor: Int64
    var listeners = Listeners<AsyncStream<Void>.Continuation>()
    private var changes: [WatchHub.Change] = []

    /// Creates a channel without changes.
    init(floor: Int64) {
        self.floor = floor
    }

    /// The changes after a revision, which must not be below the floor.
    func changes(after revision: Int64) -> [WatchHub.Change] {
        var (low, high) = (changes.startIndex, changes.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].change.revision > revision {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return Array(changes[low...])
    }

    /// Forgets all changes up to a revision.
    mutating func reset(at revision: Int64) {
        floor = revision
        changes = []
    }

    /// Adds changes, and forgets the oldest beyond the capacity.
    mutating func append(_ new: [WatchHub.Change], keeping capacity: Int) {
        changes += new
        let surplus = changes.count - capacity
        if surplus > 0 {
            floor = changes[surplus - 1].change.revision
            changes.removeFirst(surplus)
        }
    }
}
