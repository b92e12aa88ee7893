import Foundation
import JobFile
import Jobs
import Testing

@Suite
struct CaseTableTests {
    private static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1"

    @Test
    func `the table is whole`() {
        #expect(CaseFile.all.count >= 200)
    }

    @Test(arguments: CaseFile.all)
    func `a file is read as its golden file says`(file: CaseFile) throws {
        let outcome = try file.outcome()
        guard !Self.isRecording else {
            try Data(outcome.utf8).write(to: file.goldenFile)
            Testing.Issue.record("recorded \(file.name); run again without RECORD_GOLDEN")
            return
        }
        let golden = try String(decoding: Data(contentsOf: file.goldenFile), as: UTF8.self)
        #expect(outcome == golden)
    }

    @Test(arguments: CaseFile.all)
    func `a file's name says how it is read`(file: CaseFile) {
        let reading = file.reading
        let hasError = reading.issues.contains { $0.severity == .error }
        #expect((reading.job == nil) == hasError)
        switch file.name.prefix(while: { $0 != "-" }) {
        case "valid": #expect(reading.issues.isEmpty)
        case "lenient": #expect(!reading.issues.isEmpty && !hasError)
        case "error", "syntax": #expect(hasError)
        default: Testing.Issue.record("a case is valid-…, lenient-…, error-… or syntax-…")
        }
    }

    @Test(arguments: CaseFile.all)
    func `issues are in the order of the file`(file: CaseFile) {
        let places = file.reading.issues.map { [$0.line, $0.column] }
        #expect(zip(places, places.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) })
    }
}

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
