/// The meaning of a path of the repository.
public enum JobPath: Equatable, Sendable {
    /// The file of a job.
    case job(JobKey)
    /// A `.json` file below `clusters/` that can never become a job, and why.
    case stray(String)
    /// A file among the job files whose ending is nearly `.json`, and what to write. It is not read.
    case lookalike(String)
    /// Code, documentation and everything else.
    case ignored

    /// The folder with all job files, at the root of the repository.
    public static let root = "clusters"
    /// The longest cluster or partition name, as for every RFC 1123 label.
    public static let longestLabel = 63
    /// The longest job id: the names of pods add a replica type and an index.
    public static let longestID = 47

    /// Classifies the path of a file.
    ///
    /// - Parameter path: relative to the repository's root, with `/` between the names.
    public init(_ path: String) {
        let (start, end) = ("\(Self.root)/".utf8, ".json".utf8)
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

    /// The advice for a file among the job files whose ending is nearly `.json`.
    private static func lookalikeAdvice(_ path: String) -> String? {
        guard let point = path.utf8.lastIndex(of: UInt8(ascii: ".")), path.utf8[point...].count <= 5 else { return nil }
        let ending = String(path[point...])
        guard similarEndings.contains(ending.lowercased()), parts(of: Array(path.utf8)) != nil else { return nil }
        return
            "a job file ends in .json, so this file with the ending \(ending) is passed over: write the job as JSON to <id>.json"
    }

    /// The variable parts of `clusters/<cid>/partitions/<partition>/<file>`; nil for a path of another form.
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

    /// Explains why a name is not an RFC 1123 label (`[a-z0-9]([-a-z0-9]*[a-z0-9])?`). Returns nil for a label.
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

/// An entry below `clusters/` that replaces a folder and so hides the job files of the folder.
public struct FolderFault: Sendable, Hashable {
    /// What is at the path.
    public enum Cause: String, Sendable {
        case link = "a symbolic link"
        case submodule = "a submodule"
        case file = "a file"
    }

    /// Relative to the repository's root.
    public let path: String
    /// What is there.
    public let cause: Cause

    /// Creates the fault without a check; ``init(_:at:)`` checks whether the entry is harmless.
    public init(_ cause: Cause, hidingJobsAt path: String) {
        self.path = path
        self.cause = cause
    }

    /// Decides by the path alone whether an entry hides job files.
    ///
    /// A symbolic link hides job files in place of `clusters`, of a cluster's or a partition's folder, or of
    /// `partitions`. A submodule hides everything below it. A file in place of a cluster or a partition may be
    /// documentation.
    ///
    /// - Returns: nil if no job file can be below the path.
    public init?(_ cause: Cause, at path: String) {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        guard steps.first == "clusters", let last = steps.last else { return nil }
        let isFixed = steps.count == 1 || steps.count == 3 && last == "partitions"
        let isNamed = (steps.count == 2 || steps.count == 4) && JobPath.labelFault(String(last)) == nil
        switch cause {
        case .submodule: guard !path.utf8.suffix(5).elementsEqual(".json".utf8) else { return nil }
        case .link: guard isFixed || isNamed else { return nil }
        case .file: guard isFixed else { return nil }
        }
        self.init(cause, hidingJobsAt: path)
    }

    /// The error at the path.
    public var issue: Issue {
        Issue(
            path: path,
            severity: .error,
            message:
                "\(cause.rawValue) stands where a folder of job files belongs, so no job below it is read: put the folder itself here"
        )
    }

    /// Why a job whose file was below the path is not deleted.
    public var reasonToKeep: String {
        "\(path) has become \(cause.rawValue), so the job is not deleted: bring the folder back, or remove \(path) to delete it"
    }

    /// Whether a file is below the path.
    public func hides(_ file: String) -> Bool {
        file.utf8.starts(with: path.utf8) && file.utf8.dropFirst(path.utf8.count).first == UInt8(ascii: "/")
    }
}
