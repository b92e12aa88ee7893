import Platform

/// Says when a branch of a local repository may have moved: at once, and without polling.
///
/// A push writes a file below `refs/heads`, or replaces `packed-refs`; both are watched.
public struct RefWatcher: AsyncSequence, Sendable {
    private let watcher: DirectoryWatcher
    private let common: String
    private let branch: String

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - repository: the repository's path, bare or with a work tree.
    ///   - branch: the branch's short name; it need not be there yet.
    /// - Throws: ``GitError`` where there is no repository, and `PlatformError` where it can't be watched.
    public init(repository: String, branch: String) async throws {
        var common = try await Repository.open(path: repository).commonFolder()
        while common.hasSuffix("/") {
            common.removeLast()
        }
        self.common = common
        self.branch = branch
        watcher = try DirectoryWatcher()
        try watcher.watch(common)
        watchBranchFolders()
    }

    /// Watches `refs`, `refs/heads` and, for a branch `a/b`, `refs/heads/a`, as far as they are there.
    private func watchBranchFolders() {
        var folder = common
        for part in ["refs", "heads"] + branch.split(separator: "/").dropLast().map(String.init) {
            folder += "/\(part)"
            guard (try? watcher.watch(folder)) != nil else { return }
        }
    }

    /// Gives a signal for each change; the first comes at once, since the branch may have moved before the watch began.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let refs: RefWatcher
        fileprivate var events: AsyncStream<DirectoryEvent>.Iterator
        fileprivate var isFirst = true

        /// Waits for the next sign; nil when the repository itself is gone.
        public mutating func next() async -> Void? {
            if isFirst {
                isFirst = false
                return ()
            }
            while let event = await events.next() {
                guard refs.isRelevant(event) else { continue }
                // A folder of the branch may just have been made.
                refs.watchBranchFolders()
                return event.kind == .directoryGone && event.directory == refs.common ? nil : ()
            }
            return nil
        }
    }

    /// One consumer: a second iterator would take signs from the first.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(refs: self, events: watcher.events.makeAsyncIterator())
    }

    private func isRelevant(_ event: DirectoryEvent) -> Bool {
        if event.kind == .overflow || event.kind == .directoryGone { return true }
        guard let name = event.name, !name.hasSuffix(".lock") else { return false }
        return event.directory != common || ["packed-refs", "refs", "HEAD"].contains(name)
    }
}
