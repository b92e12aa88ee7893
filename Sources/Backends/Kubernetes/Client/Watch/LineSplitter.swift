/// Puts the lines of a stream together again, however it was cut.
struct LineSplitter: Sendable {
    /// A single object has at most 1.5 MiB in etcd; its managed fields and JSON add to that.
    static let longest = 16 << 20

    private var rest: [UInt8] = []

    /// Whether a line has begun that is longer than any can be.
    var isOverfull: Bool { rest.count > Self.longest }

    /// Takes some more bytes.
    ///
    /// - Returns: the lines that are whole now, without their ends and without empty ones.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                rest.append(byte)
            } else if !rest.isEmpty {
                lines.append(rest)
                rest.removeAll(keepingCapacity: true)
            }
        }
        return lines
    }
}
