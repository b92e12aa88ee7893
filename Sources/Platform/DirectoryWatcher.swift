/// Reports what happens in folders of this machine, by inotify(7).
///
/// On a network file system it reports only the changes that this machine makes, so poll as well.
public final class DirectoryWatcher: Sendable {
    /// How many events wait for a slow reader. Beyond that, one ``DirectoryEvent/overflow`` replaces them.
    private static let capacity = 4096

    private let monitor: DirectoryMonitor
    private let stream: AsyncStream<DirectoryEvent>
    private let continuation: AsyncStream<DirectoryEvent>.Continuation

    /// Creates a watcher without folders.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` if the user's limit is reached: fall back to polling.
    public init() throws(PlatformError) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: DirectoryEvent.self,
            bufferingPolicy: .bufferingNewest(Self.capacity)
        )
        monitor = try DirectoryMonitor { _, event in
            if case .dropped(let lost) = continuation.yield(event), lost != .overflow {
                continuation.yield(.overflow)
            }
        }
        self.stream = stream
        self.continuation = continuation
    }

    deinit {
        continuation.finish()
    }

    /// Watches a folder without its subfolders. Watching it again changes nothing.
    ///
    /// - Throws: ``PlatformError``: there is no such folder, it is something else, or the user's limit is reached.
    public func watch(_ directory: String) throws(PlatformError) {
        try monitor.watch(directory)
    }

    /// All events since the watcher was created, for one reader.
    public var events: Events {
        Events(watcher: self)
    }

    /// The events of a watcher. The sequence keeps the watcher alive and ends when the reading task is cancelled.
    public struct Events: AsyncSequence, Sendable {
        /// One event.
        public typealias Element = DirectoryEvent
        /// Reading never fails.
        public typealias Failure = Never

        fileprivate let watcher: DirectoryWatcher

        /// Creates the iterator that reads the events.
        public func makeAsyncIterator() -> Iterator {
            Iterator(watcher: watcher, base: watcher.stream.makeAsyncIterator())
        }

        /// Reads one event after another and keeps the watcher alive.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let watcher: DirectoryWatcher
            fileprivate var base: AsyncStream<DirectoryEvent>.Iterator

            /// Waits for the next event. Returns nil once the task is cancelled.
            public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> DirectoryEvent? {
                await base.next(isolation: actor)
            }
        }
    }
}
