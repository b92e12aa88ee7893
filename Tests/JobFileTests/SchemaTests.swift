import Foundation
import JobFile
import Jobs
import TestSupport
import Testing

/// Holds the schema and the reader against each other.
@Suite
struct SchemaTests {
    /// The rules that a schema can't say, each by a part of its message.
    private static let unsayable = [
        "leads out of",  // a relative path is walked
        "the file is in the folder of partition",  // the file's place
        "can't wait for itself",  // the file's name
        "write at most 1000 in all", "a \"count\" of at least 1",  // a sum over the groups
        "has another name",  // a value beside another
        "is what the service shows",  // words in a variable's name
        "is too large", "is too small",  // the bounds of a number in a string
        "is more than a million cores", "is finer than a thousandth",  // the same, and multiples of a binary fraction
        "is too much or too exact", "memory needs a unit", "is a thousandth of a byte",  // the same, and exponents
        " bytes",  // lengths in UTF-8
        "are nested more than",  // the document's depth
    ]

    /// What is read with a warning, by a part of its message. None of it is in the schema.
    private static let lenient = [
        "\"enviroment\" is read as", "\"workerdir\" is read as", "\"conut\" is read as",  // misspelled keys
        "\"environment\" is a map", "\"args\" is a list", "\"replicas\" is a list",  // other types
        "is read as \"Python_",  // a runtime with blanks, or in another case
        "is read as \"chief\"", "is read as \"master\"", "is read as \"worker\"", "is read as \"ps\"",
        "is read as \"evaluator\"",
    ]

    private func expectAgreement(_ reading: JobReading, _ verdict: SchemaJudge.Verdict, _ comment: Comment) {
        let errors = reading.issues.filter { $0.severity == .error }
        guard !errors.isEmpty else {
            let warnings = reading.issues
            #expect((verdict == .valid) == warnings.isEmpty, comment)
            #expect(warnings.allSatisfy { warning in Self.lenient.contains { warning.message.contains($0) } }, comment)
            return
        }
        let isSayable = errors.contains { error in !Self.unsayable.contains { error.message.contains($0) } }
        #expect(verdict != .valid || !isSayable, comment)
    }

    @Test
    func `the schema accepts what the reader accepts, for the whole table`() async throws {
        let verdicts = try await SchemaJudge.verdicts(CaseFile.all.map(\.bytes))
        try #require(verdicts.count == CaseFile.all.count)
        for (file, verdict) in zip(CaseFile.all, verdicts) {
            expectAgreement(file.reading, verdict, "\(file.name): \(verdict)")
            if file.name.hasPrefix("syntax-"), file.name != "syntax-too-deep" {
                #expect(verdict == .unreadable, "\(file.name)")
            }
        }
    }

    @Test
    func `the schema accepts what the reader accepts, for mutated files`() async throws {
        let seed = SeededGenerator.seed
        var mutation = Mutation(seed: seed)
        let files = (0..<6000).map { $0.isMultiple(of: 4) ? mutation.ofBytes() : mutation.ofValues() }
        let verdicts = try await SchemaJudge.verdicts(files)
        try #require(verdicts.count == files.count)
        for (number, (file, verdict)) in zip(files, verdicts).enumerated() {
            let text = String(decoding: file, as: UTF8.self)
            expectAgreement(
                JobFile.read(file, at: CaseFile.key),
                verdict,
                "TEST_SEED=\(seed), file \(number), \(verdict): \(text)"
            )
        }
    }

    @Test
    func `the examples and defaults in the schema are what the reader reads`() throws {
        let document = try JSONSerialization.jsonObject(with: Data(JobSchema.document().utf8))
        let definitions = try #require((document as? [String: Any])?["$defs"] as? [String: [String: Any]])
        let properties = try #require(definitions["job"]?["properties"] as? [String: [String: Any]])
        for (name, property) in properties {
            #expect(property["title"] is String && property["description"] is String, "\(name)")
            for value in (property["examples"] as? [Any] ?? []) + [property["default"]].compactMap(\.self) {
                var job: [String: Any] = [
                    "runtime": "Python_3.11", "bootfile": "train.py", "cpu": "1.000", "memory": "1Gi",
                ]
                if name == "replicas" {
                    job["cpu"] = nil
                    job["memory"] = nil
                }
                if name == "module" {
                    job["bootfile"] = nil
                }
                job[name] = value
                let text = try JSONSerialization.data(withJSONObject: job)
                #expect(JobFile.read(Array(text), at: CaseFile.key).issues.isEmpty, "\(name): \(value)")
            }
        }
    }
}

/// PyPI's `jsonschema`, which knows nothing of the reader.
enum SchemaJudge {
    enum Verdict: String {
        case valid, invalid
        /// No JSON, or a key twice.
        case unreadable
    }

    /// Judges texts by ``JobSchema``.
    static func verdicts(_ texts: [[UInt8]]) async throws -> [Verdict] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schema = folder.appendingPathComponent("schema.json")
        let input = folder.appendingPathComponent("texts")
        try Data(JobSchema.document().utf8).write(to: schema)
        try Data(texts.map { hexadecimal($0) + "\n" }.joined().utf8).write(to: input)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("judge.py")
        let python = try await PythonPackage.python("jsonschema==4.26.0", module: "jsonschema")
        let output = try await run([python, script.path, schema.path, input.path], in: folder.path)
        return output.split(separator: "\n").compactMap { Verdict(rawValue: String($0)) }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
