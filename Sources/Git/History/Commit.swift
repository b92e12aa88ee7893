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
    /// Who made the commit, and when: a rebase changes it.
    public let committer: Signature
    /// As UTF-8, by the commit's `encoding`; bytes that are no text are replaced. Of a message of more than 64 KiB the middle is left out.
    public let message: String
}

/// Who wrote or made a commit, and when.
public struct Signature: Sendable, Equatable {
    /// As the person wrote it, or `.mailmap` does; empty where it is unknown.
    public let name: String
    /// The address without brackets; empty where it is unknown.
    public let mail: String
    /// To the second, as git keeps it; never after ``latest``. Nil where the commit does not say it, or not so that git can read it.
    public let time: Date?
    /// The person's time zone then, in minutes east of UTC, at most 14 hours; 0 where it is unknown.
    public let offset: Int

    /// The last second of the year 9999, in seconds since 1970: RFC 3339 has no later time.
    static let latest: Int64 = 253_402_300_799
}
