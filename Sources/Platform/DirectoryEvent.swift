import CPlatform

/// Something that happened in a watched folder.
public struct DirectoryEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// An entry was made: a file, a folder or a link.
        case created
        /// An entry was deleted.
        case deleted
        /// A file that was open for writing was closed.
        case written
        /// An entry came by a rename, perhaps over one of the same name.
        case movedIn
        /// An entry went by a rename.
        case movedOut
        /// The folder itself was deleted, renamed or unmounted, and is watched no longer.
        case directoryGone
        /// More happened than could be noted: whoever listens has to look at everything.
        case overflow
    }

    /// The watched folder, as it was named; empty for ``overflow``.
    public let directory: String
    /// The entry; nil where the folder itself is meant, or everything.
    public let name: String?
    /// What happened to it.
    public let kind: Kind

    /// Makes an event, for tests of what reads them.
    public init(directory: String, name: String?, kind: Kind) {
        self.directory = directory
        self.name = name
        self.kind = kind
    }

    /// Events were lost.
    public static let overflow = DirectoryEvent(directory: "", name: nil, kind: .overflow)
}

extension DirectoryEvent.Kind {
    /// The bits of inotify(7) that are asked for.
    static let mask = UInt32(
        IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ONLYDIR
    )

    /// Reads the bits of one event; nil where it is nothing to tell of.
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
