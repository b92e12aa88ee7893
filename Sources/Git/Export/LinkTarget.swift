/// Where a symbolic link of a tree leads.
public struct LinkTarget: Sendable {
    /// The link's content.
    public let bytes: [UInt8]

    /// Takes the content of a link's blob.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether Linux can make such a link: the target is not empty, shorter than `PATH_MAX`, and has no NUL.
    var isPossible: Bool { !bytes.isEmpty && bytes.count < 4096 && !bytes.contains(0) }

    /// Whether the link stays in the exported folder, whatever other links its way goes through.
    ///
    /// Steps upwards count only at the beginning, where they lead through real folders: after a name they could start from
    /// wherever another link has led to. With that, each link of the way stays inside by the same rule.
    ///
    /// - Parameter depth: how many folders below the exported one the link is in.
    public func isInside(depth: Int) -> Bool {
        guard bytes.first != 0x2F, !bytes.isEmpty, !bytes.contains(0) else { return false }
        let steps = bytes.split(separator: 0x2F).filter { $0 != [0x2E] }
        let ups = steps.prefix { $0 == [0x2E, 0x2E] }
        return ups.count <= depth && !steps.dropFirst(ups.count).contains([0x2E, 0x2E])
    }
}
