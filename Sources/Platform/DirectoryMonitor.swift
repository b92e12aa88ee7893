import CPlatform
import Glibc
import Synchronization

/// One inotify instance that calls a handler for each event in the folders that it watches.
///
/// The calls come one at a time, on a queue of the monitor. Releasing the monitor closes its descriptor.
package final class DirectoryMonitor: Sendable {
    /// Receives each event. It may watch more folders through the monitor.
    package typealias Handler = @Sendable (DirectoryMonitor, DirectoryEvent) -> Void

    private struct Watches {
        var directories: [Int32: String] = [:]
        var descriptors: [String: Int32] = [:]
    }

    private let inotify: InotifyInstance
    private let watches = Mutex(Watches())

    /// Creates a monitor without folders.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` if the user's limit is reached.
    package init(_ handler: @escaping Handler) throws(PlatformError) {
        inotify = try InotifyInstance()
        inotify.start { [weak self] records in
            guard let self else { return }
            for record in records {
                if let event = event(for: record) {
                    handler(self, event)
                }
            }
        }
    }

    /// Watches a folder without its subfolders. Watching it again changes nothing.
    ///
    /// - Throws: ``PlatformError``; `ENOENT` if the folder is absent, `ENOTDIR` if the path is not a folder.
    package func watch(_ directory: String) throws(PlatformError) {
        try watches.withLock { watches throws(PlatformError) in
            let watch = try inotify.addWatch(directory, DirectoryEvent.Kind.mask)
            watches.directories[watch] = directory
            watches.descriptors[directory] = watch
        }
    }

    private func event(for record: InotifyRecord) -> DirectoryEvent? {
        let kind = DirectoryEvent.Kind(mask: record.mask)
        if kind == .overflow { return .overflow }
        return watches.withLock { watches in
            guard let directory = watches.directories[record.watch] else { return nil }
            if kind == .directoryGone || record.mask & UInt32(IN_IGNORED) != 0 {
                removeWatch(record.watch, directory, in: &watches)
            }
            return kind.map { DirectoryEvent(directory: directory, name: record.name, kind: $0) }
        }
    }

    /// The kernel removes the watch of a deleted folder, but not of a renamed one.
    private func removeWatch(_ watch: Int32, _ directory: String, in watches: inout Watches) {
        watches.directories[watch] = nil
        if watches.descriptors[directory] == watch {
            watches.descriptors[directory] = nil
        }
        inotify.removeWatch(watch)
    }
}

/// Something that happened in a watched folder.
public struct DirectoryEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// A file, a folder or a link was created.
        case created
        /// An entry was deleted.
        case deleted
        /// A file that was open for writing was closed.
        case written
        /// An entry was renamed into the folder and may have replaced one of the same name.
        case movedIn
        /// An entry was renamed out of the folder.
        case movedOut
        /// The folder itself was deleted, renamed or unmounted. The watch has ended.
        case directoryGone
        /// Events were lost, so the reader has to check everything.
        case overflow
    }

    /// The path that was passed to `watch`; empty for ``overflow``.
    public let directory: String
    /// The entry's name; nil if the event is about the folder itself or about everything.
    public let name: String?
    /// What happened to it.
    public let kind: Kind

    /// Creates an event; for tests of code that reads events.
    public init(directory: String, name: String?, kind: Kind) {
        self.directory = directory
        self.name = name
        self.kind = kind
    }

    /// Events were lost.
    public static let overflow = DirectoryEvent(directory: "", name: nil, kind: .overflow)
}

extension DirectoryEvent.Kind {
    /// The inotify(7) bits of every watch.
    static let mask = UInt32(
        IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ONLYDIR
    )

    /// Reads the bits of one event. Returns nil for an event that is not reported.
    init?(mask: UInt32) {
        let kinds: [(bits: Int32, kind: DirectoryEvent.Kind)] = [
            (IN_Q_OVERFLOW, .overflow), (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT, .directoryGone),
            (IN_CREATE, .created), (IN_DELETE, .deleted), (IN_CLOSE_WRITE, .written), (IN_MOVED_TO, .movedIn),
            (IN_MOVED_FROM, .movedOut),
        ]
        guard let kind = kinds.first(where: { mask & UInt32($0.bits) != 0 })?.kind else { return nil }
        self = kind
    }
}

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
