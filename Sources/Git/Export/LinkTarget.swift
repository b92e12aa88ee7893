/// Where a symbolic link of a tree leads.
struct LinkTarget {
    /// What a link has to be like, for those whose link is refused.
    static let rule = "a link has to be relative, with \"..\" only at its beginning"

    /// The link's content.
    let bytes: [UInt8]

    /// Whether the link stays in the exported folder, whatever other links its way goes through.
    ///
    /// Steps upwards count only at the beginning, where they lead through real folders: after a name they could start from
    /// wherever another link has led to. With that, each link of the way stays inside by the same rule.
    ///
    /// - Parameter depth: how many folders below the exported one the link is in.
    func isInside(depth: Int) -> Bool {
        guard bytes.first != 0x2F, !bytes.isEmpty, !bytes.contains(0) else { return false }
        let steps = bytes.split(separator: 0x2F).filter { $0 != [0x2E] }
        let ups = steps.prefix { $0 == [0x2E, 0x2E] }
        return ups.count <= depth && !steps.dropFirst(ups.count).contains([0x2E, 0x2E])
    }
}
