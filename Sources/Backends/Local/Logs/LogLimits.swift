import BackendConfiguration
import Jobs
import Yams

/// The most that the log of one replica takes on the disk. Beyond it, the oldest output is removed.
public struct LogLimits: Sendable, Equatable {
    /// The most bytes of one file.
    public var maxSize: Int
    /// How many files to keep, with the one that is written.
    public var keep: Int

    /// Ten files of 10 MiB.
    public static let standard = LogLimits(maxSize: 10 << 20, keep: 10)

    /// Creates limits. The supervisor keeps at least 2 and at most 100 files.
    public init(maxSize: Int, keep: Int) {
        self.maxSize = maxSize
        self.keep = keep
    }
}

extension LogLimits {
    private static let allowedCounts = 2...100
    /// The supervisor writes 64 KiB at a time, and a rotation has a cost.
    private static let leastSize = 64 << 10

    /// Reads the key `logs` of a cluster, a mapping of `maxSize` and `keep`. Absent keys have the standard values.
    static func read(_ keys: [String: Node], at place: String, with reader: inout SettingsReader) -> LogLimits {
        var limits = standard
        guard let node = keys["logs"] else { return limits }
        let place = "\(place).logs"
        let values = reader.mapping(node, at: place, known: ["maxSize", "keep"])
        if let node = values["maxSize"], let text = reader.string(node, at: "\(place).maxSize") {
            if let bytes = try? MemoryQuantity(text).bytes, bytes >= leastSize {
                limits.maxSize = bytes
            } else {
                reader.fault(
                    node,
                    "\(place).maxSize: \"\(text)\" is no size of a log file; write 64Ki or more, for example 10Mi"
                )
            }
        }
        if let node = values["keep"], let text = reader.string(node, at: "\(place).keep") {
            if let count = Int(text), allowedCounts.contains(count) {
                limits.keep = count
            } else {
                reader.fault(
                    node,
                    "\(place).keep: \"\(text)\" is no number of log files; write a whole number from 2 to 100"
                )
            }
        }
        return limits
    }
}
