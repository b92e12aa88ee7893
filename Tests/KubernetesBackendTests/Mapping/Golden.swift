import Foundation
import Jobs
import Testing

@testable import KubernetesBackend

/// Manifests that are kept beside the tests, in `Golden`, without the text of the module `tfjob`. `RECORD_GOLDEN=1` writes
/// them again, and fails.
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
        let text = try encoder.encode(value.withoutModule) + Data("\n".utf8)
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

extension JSONValue {
    /// The value with a short text in place of the module's.
    fileprivate var withoutModule: JSONValue {
        switch self {
        case .object(let members): .object(members.mapValues(\.withoutModule))
        case .array(let elements): .array(elements.map(\.withoutModule))
        case .string(AnnotationFile.scriptModule.text): "the text of tfjob.py"
        default: self
        }
    }
}
