/// What a path of the repository is to this service.
public enum JobPath: Equatable, Sendable {
    /// The file of a job.
    case job(JobKey)
    /// A `.json` file below `clusters/` that can never become a job, and why.
    case stray(String)
    /// A file where job files belong that looks like one but for its ending, and what to write; it is passed over.
    case lookalike(String)
    /// Code, documentation and everything else.
    case ignored

    /// The longest cluster or partition name, as for every RFC 1123 label.
    public static let longestLabel = 63
    /// The longest job id: the names of pods add a replica type and an index.
    public static let longestID = 47

    /// Tells what the file at a path is.
    ///
    /// - Parameter path: relative to the repository's root, parted by `/`.
    public init(_ path: String) {
        let (start, end) = ("clusters/".utf8, ".json".utf8)
        guard path.utf8.starts(with: start) else {
            self = .ignored
            return
        }
        guard path.utf8.suffix(end.count).elementsEqual(end) else {
            self = Self.lookalikeAdvice(path).map(JobPath.lookalike) ?? .ignored
            return
        }
        let bytes = Array(path.utf8)
        guard let parts = Self.parts(of: bytes) else {
            self = .stray(
                "a job file is clusters/<cid>/partitions/<partition>/<id>.json; move the file there or out of clusters/"
            )
            return
        }
        let (cluster, partition, id) = (
            bytes[parts.cluster], bytes[parts.partition], bytes[parts.file].dropLast(end.count)
        )
        let fault =
            Self.fault("cluster", cluster, limit: Self.longestLabel)
            ?? Self.fault("partition", partition, limit: Self.longestLabel)
            ?? Self.fault("id", id, limit: Self.longestID)
        if let fault {
            self = .stray(fault)
            return
        }
        self = .job(
            JobKey(
                cluster: String(decoding: cluster, as: UTF8.self),
                partition: String(decoding: partition, as: UTF8.self),
                id: String(decoding: id, as: UTF8.self)
            )
        )
    }

    private static let similarEndings = [".yaml", ".yml", ".json"]

    /// What to say of a file where job files belong whose ending is nearly one of a job file.
    private static func lookalikeAdvice(_ path: String) -> String? {
        guard let point = path.utf8.lastIndex(of: UInt8(ascii: ".")), path.utf8[point...].count <= 5 else { return nil }
        let ending = String(path[point...])
        guard similarEndings.contains(ending.lowercased()), parts(of: Array(path.utf8)) != nil else { return nil }
        return
            "a job file ends in .json, so this file with the ending \(ending) is passed over: write the job as JSON to <id>.json"
    }

    /// The variable parts of `clusters/<cid>/partitions/<partition>/<file>`; nil where the path has another form.
    private static func parts(
        of path: [UInt8]
    ) -> (cluster: Range<Int>, partition: Range<Int>, file: Range<Int>)? {
        var slashes = (0, 0, 0, 0)
        var count = 0
        for index in path.indices where path[index] == UInt8(ascii: "/") {
            slashes = (slashes.1, slashes.2, slashes.3, index)
            count += 1
        }
        guard count == 4, path[slashes.1 + 1..<slashes.2].elementsEqual("partitions".utf8) else { return nil }
        return (slashes.0 + 1..<slashes.1, slashes.2 + 1..<slashes.3, slashes.3 + 1..<path.count)
    }

    private static func fault(_ what: String, _ name: ArraySlice<UInt8>, limit: Int) -> String? {
        labelFault(of: name, limit: limit).map {
            "the \(what) \(Quoted.text(String(decoding: name, as: UTF8.self))) \($0)"
        }
    }

    /// Says what keeps a name from being an RFC 1123 label (`[a-z0-9]([-a-z0-9]*[a-z0-9])?`), or nil if nothing does.
    public static func labelFault(_ name: String, limit: Int = longestLabel) -> String? {
        labelFault(of: Array(name.utf8)[...], limit: limit)
    }

    private static func labelFault(of bytes: ArraySlice<UInt8>, limit: Int) -> String? {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
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
