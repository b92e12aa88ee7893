import Foundation
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
        let output = try await run([try await python(), script.path, schema.path, input.path], in: folder.path)
        return output.split(separator: "\n").compactMap { Verdict(rawValue: String($0)) }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A Python that has the module: the one on the PATH, or one of a virtual environment beside `Package.swift`.
    private static func python() async throws -> String {
        let folder = FileManager.default.temporaryDirectory.path
        if (try? await run(["python3", "-c", "import jsonschema"], in: folder)) != nil {
            return "python3"
        }
        var root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while root.path != "/",
            !FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path)
        {
            root.deleteLastPathComponent()
        }
        let environment = root.appendingPathComponent(".build-test-tools/jsonschema")
        let python = environment.appendingPathComponent("bin/python3").path
        if (try? await run([python, "-c", "import jsonschema"], in: folder)) == nil {
            try await run(["python3", "-m", "venv", environment.path], in: folder)
            try await run([python, "-m", "pip", "install", "--quiet", "jsonschema"], in: folder)
        }
        return python
    }
}
