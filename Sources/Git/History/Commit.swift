public import Foundation

/// A commit, with its people as the `.mailmap` has them.
public struct Commit: Sendable, Equatable {
    /// The name of the commit.
    public let id: ObjectID
    /// Its root folder.
    public let tree: ObjectID
    /// The first is the branch that was merged into. None at the boundary of a shallow clone, as `git log` has it.
    public let parents: [ObjectID]
    /// Who wrote it, which need not be who committed it.
    public let author: Signature
    /// Who made the commit, and when: a rebase makes it anew.
    public let committer: Signature
    /// Whole, as UTF-8; bytes that are none are replaced.
    public let message: String
}

/// Who wrote or made a commit, and when.
public struct Signature: Sendable, Equatable {
    /// As the person wrote it, or `.mailmap` does.
    public let name: String
    /// The address without brackets.
    public let mail: String
    /// To the second, as git keeps it.
    public let time: Date
    /// The person's time zone then, in minutes east of UTC.
    public let offset: Int
}
