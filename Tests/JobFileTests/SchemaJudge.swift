import Foundation
import JobFile
import Jobs
import TestSupport

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
