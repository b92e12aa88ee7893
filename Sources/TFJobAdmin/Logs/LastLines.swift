import Foundation

/// The last lines of a text that comes in parts, in little more room than they take.
struct LastLines {
    private static let slack = 1 << 20

    private let count: Int
    private var kept = Data()
    private var limit = slack
    /// How many bytes have come.
    private(set) var size = 0

    /// - Parameter count: how many lines; one that has no end yet counts as well.
    init(_ count: Int) {
        self.count = count
    }

    mutating func append(_ data: Data) {
        size += data.count
        kept += data
        if kept.count > limit {
            kept = bytes
            limit = kept.count * 2 + Self.slack
        }
    }

    /// The lines so far.
    var bytes: Data {
        guard count > 0 else { return Data() }
        var left = count
        var index = kept.endIndex
        while index > kept.startIndex {
            let before = kept.index(before: index)
            // The end of the last line parts it from nothing.
            if kept[before] == UInt8(ascii: "\n"), index < kept.endIndex {
                left -= 1
                if left == 0 { break }
            }
            index = before
        }
        return Data(kept[index...])
    }
}
