import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// What people write into job files and messages does nothing but appear.
@Suite(.timeLimit(.minutes(hangLimit)))
struct MarkupTests {
    /// As it stands in a JSON string, and as it reads.
    private static let names: [(String, String)] = [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        (#"\u001b[31mred\u0007"#, "\u{1B}[31mred\u{7}"),
        (#"x\n\nevent: deleted\ndata: {}\n\n"#, "x\n\nevent: deleted\ndata: {}\n\n"),
        (#"a\r\n\r\nHTTP/1.1 200 OK"#, "a\r\n\r\nHTTP/1.1 200 OK"),
        (#"\u202egnp.exe\u2028\u2029"#, "\u{202E}gnp.exe\u{2028}\u{2029}"),
        (#"\"}],\"x\":[{"#, "\"}],\"x\":[{"), ("{{7*7}}${7*7}%0d%0a", "{{7*7}}${7*7}%0d%0a"),
        (#"\\u0000"#, #"\u0000"#),
    ]

    @Test
    func `markup, escapes and marks are text in every answer`() async throws {
        try await RESTScene.serve { scene in
            let watcher = try await Watcher(port: scene.port)
            try await watcher.synced()
            for (number, name) in Self.names.enumerated() {
                let id = "job-\(number)"
                try await scene.add(
                    id,
                    .failed,
                    at: number + 1,
                    members: #""description": "\#(name.0)", "args": ["\#(name.0)"],"#
                )
                let run = RunID(key: RESTScene.key(id), number: 1)
                try await scene.journal.observe(run, RunStatus(phase: .failed, reason: "X", message: name.1))
                for path in ["\(RESTScene.list)/\(id)", "\(RESTScene.list)?q=\(id)", "\(RESTScene.list)/\(id)/history"]
                {
                    let answer = try await scene.request(path)
                    #expect(answer.headers["content-type"] == "application/json", "\(path)")
                    #expect(answer.headers["x-content-type-options"] == "nosniff")
                    #expect(!answer.body.contains { $0 < 0x20 || $0 == 0x7F }, "\(path) has a control character")
                    #expect(answer.headers.values.allSatisfy { !$0.contains("HTTP/1.1") })
                }
                let job = try await scene.request("\(RESTScene.list)/\(id)").json
                #expect(job.spec.description.text == name.1)
                #expect(job.spec.args[0].text == name.1)
                #expect(job.status.message.text == name.1)
                let event = try await watcher.event {
                    $0.data.metadata.id.text == id && $0.data.status.message.text == name.1
                }
                #expect(event.data.spec.description.text == name.1)
            }
            // None of it was taken for an event of its own.
            #expect(try watcher.events.allSatisfy { ["added", "modified", "synced"].contains($0.name) })
            let counts = try await scene.request("/metrics").text
            #expect(!counts.contains("script") && !counts.contains("gnp"))
        }
    }
}
