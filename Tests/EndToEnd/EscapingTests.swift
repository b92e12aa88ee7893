import Foundation
import Jobs
import TestSupport
import Testing

/// A repository whose names and texts want to be obeyed, and everything that a person or a build system reads of it.
@Suite(.timeLimit(.minutes(hangLimit)))
struct EscapingTests {
    private func expectHarmless(_ text: String, _ name: String) {
        let harm = text.unicodeScalars.filter { !$0.isPlain && $0 != "\n" && $0 != "\u{FE0F}" }
        #expect(harm.isEmpty, "\(name) leaves \(harm.map(\.value))")
        let lines = text.split(separator: "\n")
        #expect(!lines.contains { $0.contains(/^\W*::error::forged/) }, "\(name)")
        #expect(!text.contains("##[error]"), "\(name)")
    }

    @Test
    func `no name and no text of a repository does more than appear`() async throws {
        let scene = try await Scene()
        let repository = scene.repository
        let folder = "clusters/default/partitions/team-a"
        try repository.write(scene.job("exit", "0").text, to: scene.path("good"))
        try await repository.publish("Begin")
        let service = try await scene.serve()
        try await service.job("good", reaches: "succeeded")
        try await repository.git("checkout", "--quiet", "-b", "hostile")
        let escapes = #"\u001b]0;title\u0007\n::error::forged\r##[error]forged\u202e\u009b31m|`@everyone"#
        try repository.write(scene.job("exit", "1").with { $0.description = escapes }.text, to: scene.path("good"))
        try repository.write(
            scene.job("exit", "0").with { $0.more = ["\"environment\": {\"A\(escapes)\": \"\(escapes)\"}"] }.text,
            to: scene.path("variable")
        )
        try repository.write(
            scene.job("exit", "0").with { $0.more = [#""dependsOn": ["\#(escapes)"], "\#(escapes)": "\#(escapes)""#] }
                .text,
            to: scene.path("keys")
        )
        for name in [
            "\u{1B}]0;title\u{7}", "a\n::error::forged", "\r\u{202E}\u{9B}", "##[error]forged", "a|`@everyone",
        ] {
            try repository.write("{", to: "\(folder)/\(name).json")
            try repository.write("{", to: "clusters/\(name)/partitions/team-a/a.json")
        }
        try await repository.git("add", "--all")
        let author = "user.name=Ann\u{1B}[31m\u{202E}"
        try await repository.git(
            "-c",
            author,
            "commit",
            "--quiet",
            "--message",
            "\u{9B}31m\r\n::error::forged ##[error]forged"
        )
        for arguments in [
            ["validate"], ["validate", "--format", "github"], ["validate", "--revision", "HEAD"],
            ["plan", "--base", "main"], ["plan", "--base", "main", "--format", "markdown"],
            ["plan", "--base", "main", "--format", "github"],
        ] {
            let result = try await Tool.run(arguments, in: repository.clone)
            #expect(result.code == 1)
            expectHarmless(result.text, arguments.joined(separator: " "))
        }
        try await repository.git("push", "--quiet", "origin", "HEAD:main")
        try await eventually("the commit is taken in") {
            try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/keys").status == 200
        }
        let server = ["--server", service.url.absoluteString]
        for arguments in [
            ["status"], ["status", "default/team-a/keys"], ["history", "default/team-a/keys"], ["wait", "HEAD"],
        ] {
            let result = try await Tool.run(arguments + server, in: repository.clone)
            expectHarmless(result.text, arguments.joined(separator: " "))
        }
        expectHarmless(try String(contentsOfFile: service.log, encoding: .utf8), "the log")
        try await service.stop()
    }

    @Test
    func `a hook's output is escaped too`() async throws {
        let scene = try await Scene()
        try FileManager.default.removeItem(atPath: scene.repository.bare)
        #expect(try await Tool.run(["init", "--bare", scene.repository.bare], in: scene.repository.clone).code == 0)
        try await scene.repository.git("fetch", "--quiet", "origin")
        try await scene.repository.git("reset", "--quiet", "--hard", "origin/main")
        for name in ["\u{1B}]0;title\u{7}", "a\n::error::forged", "\u{202E}##[error]forged"] {
            try scene.repository.write("{", to: "clusters/default/partitions/team-a/\(name).json")
        }
        try await scene.repository.commit("Break")
        let log = scene.folder.path("push.log")
        let push = ["git", "-C", scene.repository.clone, "push", "origin", "HEAD:main"]
        #expect(try await RunningProgram(push, log: log).wait() == 1)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("\\u001b]0;title\\u0007"))
        // Git itself ends each line of a hook with blanks, or with the sequence that clears to the end of the line.
        expectHarmless(text.replacing("\u{1B}[K", with: ""), "the push")
    }
}
