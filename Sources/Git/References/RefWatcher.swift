import Platform

/// Signals immediately, without polling, when a branch of a local repository may have moved.
///
/// The first signal comes at once, since the branch may have moved before the watch began. Unread signals are combined
/// to one. The sequence ends when the repository is deleted. On a network file system it sees only this machine's
/// pushes, so poll as well.
public struct RefWatcher: AsyncSequence, Sendable {
    /// A signal has no value: read the branch.
    public typealias Element = Void

    private let monitor: DirectoryMonitor
    private let signals: AsyncStream<Void>

    /// Starts watching.
    ///
    /// - Parameters:
    ///   - repository: the repository's path: bare, with a work tree, or an added work tree.
    ///   - branch: the branch's short name. The branch need not exist yet.
    /// - Throws: ``GitError`` if there is no repository; ``GitError/system(_:)`` if it can't be watched: poll then.
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
                    // Continue if a folder can't be watched any more: packed-refs and HEAD are still watched.
                    try? Self.watch(files, with: monitor)
                    signal.yield()
                case .gone: signal.finish()
                }
            }
        }
        try onDisk { [monitor] () throws(PlatformError) in try Self.watch(files, with: monitor) }
        signal.yield()
    }

    /// Watches the existing folders of the branch. The watch on the parent folder reports a folder that is created
    /// meanwhile.
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

    /// Creates the iterator. Use only one: a second one would take signals from the first.
    public func makeAsyncIterator() -> Iterator {
        Iterator(monitor: monitor, base: signals.makeAsyncIterator())
    }

    /// Reads one signal after another and keeps the watch alive.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let monitor: DirectoryMonitor
        fileprivate var base: AsyncStream<Void>.Iterator

        /// Waits for the next signal. Returns nil when the repository is deleted or the task is cancelled.
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

/// The files that store a branch, and their folders.
///
/// A push makes or replaces `refs/heads/<branch>`; `git pack-refs` and a deletion replace `packed-refs`; a checkout
/// replaces `HEAD`. Each is written beside itself as `<name>.lock` and renamed.
/// <https://git-scm.com/docs/gitrepository-layout>
struct BranchFiles {
    /// The meaning of an event for the branch.
    enum Meaning: Equatable {
        case nothing
        /// The branch may have moved.
        case moved
        /// A folder was created or deleted: the watched folders change, and the branch may have moved.
        case foldersChanged
        /// The repository was deleted.
        case gone
    }

    /// The folder of objects and references.
    private let common: String
    /// The folder of `HEAD`; an added work tree has its own.
    private let own: String
    /// The folders from the common one to that of the branch's file, each with the name of the next.
    private let chain: [(folder: String, name: String)]

    init(common: String, own: String, branch: String) {
        self.common = common
        self.own = own
        var folder = common
        var chain: [(folder: String, name: String)] = []
        for part in ["refs", "heads"] + branch.split(separator: "/").map(String.init) {
            chain.append((folder, part))
            folder += "/\(part)"
        }
        self.chain = chain
    }

    /// The folders to watch, parents first. Those of the branch need not exist.
    var folders: [String] {
        (own == common ? [] : [own]) + chain.map(\.folder)
    }

    /// Interprets an event of one of the folders.
    func meaning(of event: DirectoryEvent) -> Meaning {
        switch event.kind {
        case .overflow: return .foldersChanged
        case .directoryGone: return event.directory == common ? .gone : .foldersChanged
        case .created, .deleted, .written, .movedIn, .movedOut: break
        }
        if event.name == "HEAD", event.directory == own { return .moved }
        if event.name == "packed-refs", event.directory == common { return .moved }
        guard let index = chain.firstIndex(where: { $0.folder == event.directory && $0.name == event.name }) else {
            return .nothing
        }
        return index == chain.count - 1 ? .moved : .foldersChanged
    }
}
