import Foundation
import JobFile
import Jobs
import Testing

/// A file of the case table: `Cases/<name>.json`, and beside it in `<name>.expected` what the reader makes of it.
struct CaseFile: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]

    static let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")

    /// All of them, by name.
    static let all: [CaseFile] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
            FileManager.default.contents(atPath: folder.appendingPathComponent(name).path).map {
                CaseFile(name: String(name.dropLast(5)), bytes: Array($0))
            }
        }
    }()

    /// Those that make a job.
    static let usable = all.filter { $0.name.hasPrefix("valid-") || $0.name.hasPrefix("lenient-") }

    var reading: JobReading { JobFile.read(bytes, at: Self.key) }

    var testDescription: String { name }

    var goldenFile: URL { Self.folder.appendingPathComponent(name + ".expected") }

    /// What the golden file has: a line for each issue, then the canonical form.
    func outcome() throws -> String {
        let reading = reading
        let issues = reading.issues.map { issue in
            "\(issue.line):\(issue.column): \(issue.severity.rawValue): \(issue.message) [\(issue.pointer)]\n"
        }
        return issues.joined() + (try reading.job.map { try canonicalText($0) + "\n" } ?? "")
    }
}

/// The canonical form as text, its keys sorted.
func canonicalText(_ job: Job, includesName: Bool = true) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(CanonicalJob(job, includesName: includesName)), as: UTF8.self)
}
