import Foundation
import Jobs
import Testing

/// Manifests that are kept beside the tests, in `Golden`. `RECORD_GOLDEN=1` writes them again, and fails.
enum Golden {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden")
    private static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1"

    static func expect(
        _ value: JSONValue,
        is name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = try encoder.encode(value) + Data("\n".utf8)
        let file = folder.appendingPathComponent(name + ".json")
        guard !isRecording else {
            try text.write(to: file)
            Testing.Issue.record("recorded \(name); run again without RECORD_GOLDEN", sourceLocation: sourceLocation)
            return
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(String(decoding: text, as: UTF8.self) == golden, sourceLocation: sourceLocation)
    }
}
