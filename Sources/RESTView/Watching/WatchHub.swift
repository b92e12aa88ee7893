import Foundation
import Jobs
import Journal
import Logging
import Synchronization

/// Reads what changed once, however many watch: the journal's writer tells of it, nobody polls.
///
/// It keeps the newest changes of each partition that is watched, as they are sent. A watcher that is behind them, because it
/// has just come or is slow, reads from the journal until it is not.
final class WatchHub: Sendable {
    /// A watcher's place. It gets signals as long as it is held.
    final class Listener: Sendable {
        /// Something may have changed, or it has been quiet for a while.
        let signals: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation
        private let number: UInt64
        private let partition: PartitionKey
        private let hub: WatchHub

        fileprivate init(
            _ number: UInt64,
            _ partition: PartitionKey,
            _ stream: (signals: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation),
            hub: WatchHub
        ) {
            self.number = number
            self.partition = partition
            (signals, continuation) = stream
            self.hub = hub
        }

        /// Gives this watcher alone a signal.
        func wake() {
            continuation.yield()
        }

        deinit {
            hub.remove(number, partition)
        }
    }

    /// A change, ready to be sent.
    struct Change: Sendable {
        let change: JobChange
        /// The job as JSON, in one line.
        let document: Data
    }

    /// Changes that follow each other.
    struct Batch: Sendable {
        let changes: [Change]
        /// All changes up to this one are in it.
        let revision: Int64
        let hasMore: Bool
    }

    private struct State {
        var revision: Int64 = 0
        var channels: [PartitionKey: WatchChannel] = [:]
        var next: UInt64 = 0
    }

    private let journal: JournalReader
    private let logger: Logger
    private let state = Mutex(State())

    /// How many changes of a partition are kept.
    private static let capacity = 512
    /// How many are read at a time.
    private static let pageSize = 256

    init(journal: JournalReader, logger: Logger) {
        self.journal = journal
        self.logger = logger
    }

    /// Follows the journal until the task is cancelled.
    ///
    /// - Parameter quiet: how long it may be quiet before each watcher gets a signal nevertheless.
    func run(quiet: Duration) async {
        let signals = journal.jobsChanged
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.catchUp()
                for await _ in signals {
                    await self.catchUp()
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: quiet)) != nil {
                    self.signalAll()
                }
            }
        }
    }

    /// Joins those who watch a partition.
    func listen(to partition: PartitionKey) -> Listener {
        let stream = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.next += 1
            state.channels[partition, default: WatchChannel(floor: state.revision)].listeners[state.next] =
                stream.continuation
            return state.next
        }
        return Listener(number, partition, (stream.stream, stream.continuation), hub: self)
    }

    private func remove(_ number: UInt64, _ partition: PartitionKey) {
        state.withLock { state in
            state.channels[partition]?.listeners[number] = nil
            if state.channels[partition]?.listeners.isEmpty == true {
                state.channels[partition] = nil
            }
        }
    }

    /// What changed in a partition since a revision.
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
            try await readOn()
        } catch {
            // The watchers read for themselves what they miss at the next change.
            logger.error("changes can't be read from the journal", metadata: ["error": "\(error)"])
        }
    }

    /// Takes in all that there is, and hands it on at once: in the midst of it a job may be known that has not been told.
    private func readOn() async throws {
        let (start, watched) = state.withLock { ($0.revision, Set($0.channels.keys)) }
        var news: [PartitionKey: [Change]] = [:]
        var dropped: Set<PartitionKey> = []
        var end = start
        var hasMore = true
        while hasMore {
            // What nobody watches is not read.
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

    /// - Parameters:
    ///   - news: by partition.
    ///   - revision: all changes up to this one are among them.
    ///   - complete: the partitions of which they are all that there is; the watchers of others read for themselves.
    private func publish(_ news: [PartitionKey: [Change]], through revision: Int64, to complete: Set<PartitionKey>) {
        let listeners = state.withLock { state in
            state.revision = revision
            for partition in state.channels.keys {
                if complete.contains(partition) {
                    state.channels[partition]?.append(news[partition] ?? [], keeping: Self.capacity)
                } else {
                    state.channels[partition]?.begin(at: revision)
                }
            }
            let changed = state.channels.filter { !complete.contains($0.key) || news[$0.key] != nil }
            return changed.values.flatMap(\.listeners.values)
        }
        for listener in listeners {
            listener.yield()
        }
    }

    private func signalAll() {
        let listeners = state.withLock { $0.channels.values.flatMap(\.listeners.values) }
        for listener in listeners {
            listener.yield()
        }
    }
}
