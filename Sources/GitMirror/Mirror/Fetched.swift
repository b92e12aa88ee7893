public import Git

/// What a fetch brought.
public enum Fetched: Sendable, Equatable {
    /// The branch is where it was.
    case unchanged(ObjectID)
    /// The branch is new, was forwarded or was rewritten.
    case moved(from: ObjectID?, to: ObjectID)
    /// The remote answered, and has no such branch (any more). The mirror has none then either; what it had is kept for
    /// ``MirrorSettings/pruneGrace`` at the least, and until the branch is back.
    case branchAbsent(was: ObjectID?)

    /// The newest commit; nil where the branch is absent.
    public var head: ObjectID? {
        switch self {
        case .unchanged(let head), .moved(_, let head): head
        case .branchAbsent: nil
        }
    }
}
