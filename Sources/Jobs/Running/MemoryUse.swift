/// How much memory a replica used when it ran out of it.
public struct MemoryUse: Hashable, Sendable, Codable {
    /// The bytes in use when the replica was killed, or the most before that.
    public let used: Int
    /// The bytes that it may use: `resource.memory`.
    public let limit: Int

    /// Creates a use of memory.
    public init(used: Int, limit: Int) {
        self.used = used
        self.limit = limit
    }

    /// For a message: `it used 2.1 GiB of its 2 GiB`.
    var text: String { "it used \(Self.amount(used)) of its \(Self.amount(limit))" }

    /// For an event: `2.1Gi of 2Gi`, in the units of job files.
    var shortText: String {
        [used, limit].map { Self.amount($0).replacing(" ", with: "").replacing("B", with: "") }
            .joined(separator: " of ")
    }

    /// An amount in the largest unit of which there is one, with at most one decimal: `512 MiB`, `2.1 GiB`. Rounds up, so
    /// that more than the limit never reads as less.
    static func amount(_ bytes: Int) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var (unit, size) = (0, 1)
        while bytes / size >= 1024, unit < units.count - 1 {
            (unit, size) = (unit + 1, size << 10)
        }
        let (whole, rest) = bytes.quotientAndRemainder(dividingBy: size)
        let tenths = Int((Double(rest) * 10 / Double(size)).rounded(.up))
        if tenths == 10 { return "\(whole + 1) \(units[unit])" }
        return tenths == 0 ? "\(whole) \(units[unit])" : "\(whole).\(tenths) \(units[unit])"
    }
}
