import Platform

/// The files that say where a branch is, and the folders they are in.
///
/// A push makes or replaces `refs/heads/<branch>`; `git pack-refs` and a deletion replace `packed-refs`; a checkout replaces
/// `HEAD`. Each is written beside itself as `<name>.lock` and renamed. <https://git-scm.com/docs/gitrepository-layout>
struct BranchFiles {
    /// What an event means for the branch.
    enum Meaning: Equatable {
        case nothing
        /// The branch may have moved.
        case moved
        /// A folder came or went: others have to be watched now, and the branch may have moved.
        case foldersChanged
        /// The repository is gone.
        case gone
    }

    /// The folder of objects and references.
    private let common: String
    /// The folder of `HEAD`; of an added work tree, another than the common one.
    private let own: String
    /// From the common folder down to that of the branch's own file, each with the name in it that leads on.
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

    /// The folders that are to be watched, each after the one it is in; those of a branch need not be there.
    var folders: [String] {
        (own == common ? [] : [own]) + chain.map(\.folder)
    }

    /// Reads an event of one of the folders.
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
