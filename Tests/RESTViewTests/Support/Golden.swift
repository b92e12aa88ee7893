import Foundation
import Testing

/// Documents that are kept beside the tests, in `Golden`. `RECORD_GOLDEN=1` writes them anew, and fails.
enum Golden {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden")
    private static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1"

    /// Holds a JSON document against the golden one, both laid out for people to read.
    static func expect(_ document: Data, is name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let value = try JSONSerialization.jsonObject(with: document)
        let text = try JSONSerialization.data(
            withJSONObject: value,
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        )
        let file = folder.appendingPathComponent(name + ".json")
        guard !isRecording else {
            try (text + Data("\n".utf8)).write(to: file)
            Testing.Issue.record("recorded \(name); run again without RECORD_GOLDEN", sourceLocation: sourceLocation)
            return
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(String(decoding: text, as: UTF8.self) + "\n" == golden, sourceLocation: sourceLocation)
    }
}
