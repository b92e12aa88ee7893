import Crypto
import Formats

extension Job {
    /// Identifies what a run of this job runs: 64 hexadecimal digits.
    ///
    /// A change that keeps the digest needs no restart. The digest leaves out name, description, priority, `dependsOn`,
    /// `rerun` and `suspend`, fills in defaults, and compares quantities by value; see ``visitFields(_:)``.
    public var digest: String {
        var digest = FieldDigest()
        visitFields(&digest)
        return digest.hexadecimal()
    }
}

/// Collects what the digest covers, then hashes it in the digest's own order.
private struct FieldDigest: JobFieldVisitor {
    /// The values of the parts, by name.
    private var values: [DigestPart.Name: [[String]]] = [:]

    private mutating func append(_ parts: [DigestPart]) {
        for part in parts {
            values[part.name, default: []].append(part.values)
        }
    }

    mutating func visit(
        _ key: StaticString,
        _ value: @autoclosure () -> JobFieldValue,
        digest: @autoclosure () -> [DigestPart]
    ) {
        append(digest())
    }

    mutating func visitObject(_ key: StaticString, isWritten: Bool, _ content: (inout Self) -> Void) {
        content(&self)
    }

    mutating func visitGroups(
        _ key: StaticString,
        _ groups: [ReplicaGroup],
        digest: @autoclosure () -> [DigestPart],
        _ content: (inout Self, ReplicaGroup) -> Void
    ) {
        append(digest())
    }

    /// The SHA-256 of all parts. Each string goes in with its length, so no two lists of parts give the same bytes.
    func hexadecimal() -> String {
        var bytes: [UInt8] = []
        func append(_ text: String) {
            bytes += "\(text.utf8.count):".utf8
            bytes += text.utf8
        }
        func append(_ name: String, _ values: [String]) {
            append(name)
            append(String(values.count))
            values.forEach(append)
        }
        for name in DigestPart.Name.allCases {
            switch name {
            case .checkpointDir:
                let folders: [DigestPart.Name] = [.checkpointDir, .eventDir, .modelDir, .logDir]
                append("directories", folders.flatMap { (values[$0] ?? []).joined() })
            case .eventDir, .modelDir, .logDir: continue
            default:
                for values in values[name] ?? [] {
                    append(name.rawValue, values)
                }
            }
        }
        return SHA256.hash(data: bytes).hexadecimal
    }
}
