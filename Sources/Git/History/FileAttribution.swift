public import Foundation

/// One commit in the history of a file.
public struct CommitStamp: Sendable, Hashable {
    /// The commit's own id.
    public let commit: ObjectID
    /// The author's mail address, after `.mailmap`.
    public let mail: String
    /// The author's time; nil where it is unknown.
    public let time: Date?
    /// The committer's time, which is what `git log` sorts by; nil where it is unknown.
    public let committed: Date?
}

/// Who added a file and who changed it last.
public struct FileAttribution: Sendable, Hashable {
    /// `git log -1 --diff-filter=A -- FILE`, or the merge that made the file of nothing, which that does not show. Nil where it is
    /// no newer than the commit that the walk ended at.
    public var added: CommitStamp?
    /// `git log -1 -- FILE`; nil likewise.
    public var changed: CommitStamp?
}
