/// What a path of the repository is to this service.
public enum JobPath: Equatable, Sendable {
    /// The file of a job.
    case job(JobKey)
    /// A `.json` file below `clusters/` that can never become a job, and why.
    case stray(String)
    /// Code, documentation and everything else.
    case ignored

    /// The longest cluster or partition name, as for every RFC 1123 label.
    public static let longestLabel = 63
    /// The longest job id: the names of pods add a replica type and an index.
    public static let longestID = 47

    /// Tells what the file at a path is.
    ///
    /// - Parameter path: relative to the repository's root, parted by `/`.
    public init(_ path: some StringProtocol) {
        guard path.hasPrefix("clusters/"), path.hasSuffix(".json") else {
            self = .ignored
            return
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[2] == "partitions" else {
            self = .stray(
                "a job file is clusters/<cid>/partitions/<partition>/<id>.json; move the file there or out of clusters/"
            )
            return
        }
        let names = [
            ("cluster", String(parts[1]), Self.longestLabel),
            ("partition", String(parts[3]), Self.longestLabel),
            ("id", String(parts[4].dropLast(5)), Self.longestID),
        ]
        for (what, name, limit) in names {
            if let fault = Self.labelFault(name, limit: limit) {
                self = .stray("the \(what) \"\(name)\" \(fault)")
                return
            }
        }
        self = .job(JobKey(cluster: names[0].1, partition: names[1].1, id: names[2].1))
    }

    /// Says what keeps a name from being an RFC 1123 label (`[a-z0-9]([-a-z0-9]*[a-z0-9])?`), or nil if nothing does.
    public static func labelFault(_ name: String, limit: Int = longestLabel) -> String? {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let bytes = name.utf8
        guard let first = bytes.first, let last = bytes.last else { return "is empty" }
        guard bytes.count <= limit else { return "is longer than \(limit) characters" }
        guard bytes.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") }) else {
            return "may have lower-case letters, digits and \"-\" only"
        }
        guard isAlphanumeric(first), isAlphanumeric(last) else {
            return "must begin and end with a lower-case letter or a digit"
        }
        return nil
    }
}
