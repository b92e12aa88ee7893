import Platform

/// Says when a branch of a local repository may have moved: at once, and without polling.
///
/// The first signal comes at once, since the branch may have moved before the watch began. Signals that were not read yet are
/// one. They end when the repository itself is gone. On a network file system only this machine's pushes are seen: poll too.
public struct RefWatcher: AsyncSequence, Sendable {
    /// Nothing but that it came: read the branch.
    public typealias Element = Void

    private let monitor: DirectoryMonitor
    private let signals: AsyncStream<Void>

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - repository: the repository's path: bare, with a work tree, or an added work tree.
    ///   - branch: the branch's short name; it need not be there yet.
    /// - Throws: ``GitError`` where there is no repository, ``GitError/system(_:)`` where it can't be watched: then poll.
    public init(repository: String, branch: String) async throws(GitError) {
        let files = try await Repository.open(path: repository).files(of: branch)
        let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.signals = signals
        monitor = try onDisk { () throws(PlatformError) in
            try DirectoryMonitor { monitor, event in
                switch files.meaning(of: event) {
                case .nothing: return
                case .moved: signal.yield()
                case .foldersChanged:
                    // What can't be watched any more is no reason to stop: packed-refs and HEAD are watched on.
                    try? Self.watch(files, with: monitor)
                    signal.yield()
                case .gone: signal.finish()
                }
            }
        }
        try onDisk { [monitor] () throws(PlatformError) in try Self.watch(files, with: monitor) }
        signal.yield()
    }

    /// Watches what is there of the branch's folders. A folder that is made meanwhile is seen by the watch on the one it is in.
    private static func watch(_ files: BranchFiles, with monitor: DirectoryMonitor) throws(PlatformError) {
        for folder in files.folders {
            do throws(PlatformError) {
                try monitor.watch(folder)
            } catch {
                guard error.isAbsence else { throw error }
                return
            }
        }
    }

    /// For one reader: a second one would take signals from the first.
    public func makeAsyncIterator() -> Iterator {
        Iterator(monitor: monitor, base: signals.makeAsyncIterator())
    }

    /// Reads signal after signal, and keeps the watch alive.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let monitor: DirectoryMonitor
        fileprivate var base: AsyncStream<Void>.Iterator

        /// Waits for the next signal; nil when the repository is gone, or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> Void? {
            await base.next(isolation: actor)
        }
    }
}

extension Repository {
    fileprivate func files(of branch: String) -> BranchFiles {
        BranchFiles(common: handle.commonFolder, own: handle.ownFolder, branch: branch)
    }
}
