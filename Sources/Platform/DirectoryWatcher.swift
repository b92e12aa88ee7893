/// Tells what happens in folders of this machine, by inotify(7).
///
/// Network file systems tell only of what this machine does itself: poll beside it.
public final class DirectoryWatcher: Sendable {
    /// How many events wait for a slow reader before they are given up for one ``DirectoryEvent/overflow``.
    private static let capacity = 4096

    private let monitor: DirectoryMonitor
    private let stream: AsyncStream<DirectoryEvent>
    private let continuation: AsyncStream<DirectoryEvent>.Continuation

    /// Begins with no folder watched.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` where the user's limit is reached: fall back to polling.
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

    /// Watches a folder, not what is in its subfolders; one that is watched already goes on.
    ///
    /// - Throws: ``PlatformError``: there is no such folder, it is something else, or the user's limit is reached.
    public func watch(_ directory: String) throws(PlatformError) {
        try monitor.watch(directory)
    }

    /// Stops watching a folder; one that is not watched is no error. Events that are under way may still come.
    public func unwatch(_ directory: String) {
        monitor.unwatch(directory)
    }

    /// What happened since the watcher was made, and happens from now on. For one reader.
    public var events: Events {
        Events(watcher: self)
    }

    /// The events of a watcher, which goes on as long as they are read. They end with the reading task's cancellation.
    public struct Events: AsyncSequence, Sendable {
        /// One event.
        public typealias Element = DirectoryEvent
        /// Reading does not fail.
        public typealias Failure = Never

        fileprivate let watcher: DirectoryWatcher

        /// Begins to read.
        public func makeAsyncIterator() -> Iterator {
            Iterator(watcher: watcher, base: watcher.stream.makeAsyncIterator())
        }

        /// Reads event after event, and keeps the watcher alive.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let watcher: DirectoryWatcher
            fileprivate var base: AsyncStream<DirectoryEvent>.Iterator

            /// Waits for the next event; nil once the task is cancelled.
            public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> DirectoryEvent? {
                await base.next(isolation: actor)
            }
        }
    }
}
