import Foundation
import TestSupport
import Testing

/// What a service says does nothing in a terminal but appear.
@Suite(.timeLimit(.minutes(hangLimit)))
struct HostileServiceTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("hostile_service.py").path

    @Test
    func `no text of a service is obeyed, and what it leaves out is empty`() async throws {
        let folder = try TemporaryFolder()
        let service = try await PrintingServer(["python3", Self.script], in: folder)
        let port = service.port
        let server = ["--server", "http://127.0.0.1:\(port)"]
        for (verb, code) in [
            (["status"], 0), (["status", "a"], 0), (["status", "a/b"], 0), (["status", "a/b/c"], 0),
            (["history", "a/b/c"], 0), (["wait", "abcdef1"], 1),
        ] as [([String], Int32)] {
            let terminal = try await PseudoTerminal(
                verb + server,
                columns: 60,
                environment: ["NO_COLOR": "1"],
                in: folder
            )
            #expect(try await terminal.wait() == code)
            // `wait` redraws its own lines in place.
            let written = try terminal.written.replacing(/\u{1B}\[[0-9]+A\r\u{1B}\[J/, with: "")
            #expect(written.contains("\\u001b"), "\(verb): \(written)")
            let harm = written.unicodeScalars.filter { scalar in
                let category = scalar.properties.generalCategory
                return (category == .control && scalar != "\r" && scalar != "\n") || category == .format
            }
            #expect(harm.isEmpty, "\(verb)")
            #expect(!written.replacing("\r\n", with: "").contains("\r"))
        }
        let names = try await Tool.run(["status", "--format", "json"] + server, in: folder.url.path)
        // JSON escapes what JSON must; a program reads the very text.
        #expect(try JSON(Data(names.text.utf8)).elements.first?.spec.description.text?.hasPrefix("\u{1B}[2J") == true)
        try await service.end()
    }
}
