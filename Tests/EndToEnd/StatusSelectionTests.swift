import Foundation
import TestSupport
import Testing

/// Which jobs `tfjob-admin status` shows, in which order, and whose.
@Suite(.timeLimit(.minutes(hangLimit)))
struct StatusSelectionTests {
    private func status(_ arguments: String..., of service: ServiceProcess, in scene: Scene) async throws -> String {
        let result = try await Tool.run(
            ["status"] + arguments + ["--server", service.url.absoluteString],
            in: scene.repository.clone
        )
        #expect(result.code == 0, "\(arguments): \(result.text)")
        return result.text
    }

    private func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    /// The ids in the first column of a table.
    private func ids(_ text: String) -> [String] {
        rows(text).compactMap { $0.first?.hasPrefix("default/") == true ? $0[0].split(separator: "/").last : nil }
            .map(String.init)
    }

    /// Commits the work tree as somebody else, and pushes.
    private func publish(_ name: String, _ message: String, _ scene: Scene) async throws -> String {
        try await scene.repository.git("add", "--all")
        let author = "\(name) <\(name.lowercased())@example.org>"
        try await scene.repository.git("commit", "--quiet", "--author", author, "--message", message)
        try await scene.repository.push()
        return try await scene.repository.git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test
    func `a job whose deletion is held because the history is another one says so in its row`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("run").text, to: scene.path("old"))
        try await scene.repository.publish()
        try await service.job("old", reaches: "running")
        try await scene.repository.git("checkout", "--quiet", "--orphan", "unrelated")
        try scene.repository.remove(scene.path("old"))
        try scene.repository.write(scene.job("run").text, to: scene.path("new"))
        try await scene.repository.commit("Another repository")
        try await scene.repository.git("push", "--quiet", "--force", "origin", "HEAD:main")
        try await service.job("new", reaches: "running")
        let text = try await status(of: service, in: scene)
        let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("default/team-a/old") })
        #expect(
            row.contains("running") && row.contains("the branch was rewritten, so the job is not deleted"),
            "\(text)"
        )
        #expect(
            !(text.split(separator: "\n").first { $0.hasPrefix("default/team-a/new") } ?? "rewritten").contains(
                "rewritten"
            )
        )
        try await scene.end(service)
    }

    @Test
    func `AUTHOR is the author of the COMMIT beside it, and OWNER who added the file`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("exit", "1").text, to: scene.path("one"))
        let first = try await publish("Ann", "Add the job", scene)
        let failed = try await service.job("one", reaches: "failed")
        let job = scene.job("exit", "1") { $0.description = "In other words" }
        try scene.repository.write(job.text, to: scene.path("one"))
        let second = try await publish("Bob", "Describe the job", scene)
        let described = try await firstValue("the description is in force") {
            let job = try await service.job("one")
            return job?.metadata.commit.text == second ? job : nil
        }
        #expect(described.metadata.uid.text == "ann@example.org")
        #expect(described.metadata.author.text == "bob@example.org")
        #expect(described.status.runAuthor.text == "ann@example.org")
        // A commit that changes only words does not make an old failure look new.
        for key in ["runCommit", "startTime", "completionTime", "activeSeconds", "activeSince"] {
            #expect(described.status[dynamicMember: key] == failed.status[dynamicMember: key], "\(key)")
        }
        var row = rows(try await status(of: service, in: scene))[1]
        #expect(row.contains(String(first.prefix(7))) && row.contains("ann@example.org"))
        #expect(!row.contains("bob@example.org"))

        try scene.repository.write(scene.job("exit", "2").text, to: scene.path("one"))
        let third = try await publish("Carol", "Change the job", scene)
        try await service.job("one", reaches: "failed", run: 2)
        let wide = rows(try await status("--format", "wide", of: service, in: scene))
        #expect(
            wide[0] == [
                "JOB", "PHASE", "RUN", "READY", "STARTED", "TIME", "COMMIT", "AUTHOR", "OWNER", "MESSAGE",
            ]
        )
        row = wide[1]
        #expect(row[6...8] == [String(third.prefix(7)), "carol@example.org", "ann@example.org"])
        #expect(row[4] == (try await service.job("one"))?.status.startTime.text)
        try await scene.end(service)
    }

    @Test
    func `jobs are selected by phase, owner and end, running first`() async throws {
        let scene = try await Scene()
        var service = try await scene.serve()
        try scene.repository.write("{", to: scene.path("broken"))
        for id in ["done", "old"] { try scene.repository.write(scene.job("exit", "0").text, to: scene.path(id)) }
        _ = try await publish("Ann", "Add jobs", scene)
        for id in ["done", "old"] { try await service.job(id, reaches: "succeeded") }
        try scene.repository.write(scene.job("run").text, to: scene.path("zzz"))
        try scene.repository.write(scene.job("exit", "3").text, to: scene.path("fails"))
        let paused = scene.job("run") { $0.more.append(#""runPolicy": {"suspend": true}"#) }
        try scene.repository.write(paused.text, to: scene.path("paused"))
        _ = try await publish("Bob", "Add more jobs", scene)
        try await service.job("zzz", reaches: "running")
        try await service.job("fails", reaches: "failed")
        try await service.job("paused", reaches: "suspended")
        // No test waits for a day.
        try await service.stop()
        let script = """
            import sqlite3, sys
            journal = sqlite3.connect(sys.argv[1])
            journal.execute("UPDATE run SET completed = '2026-01-01 00:00:00.000' WHERE id = 'old'")
            journal.commit()
            """
        try await run(["python3", "-c", script, scene.folder.path("state/journal.sqlite")], in: "/")
        service = try await scene.serve()
        try await service.job("zzz", reaches: "running")

        let table = try await status(of: service, in: scene)
        #expect(ids(table) == ["zzz", "broken", "paused", "fails", "done"])
        #expect(table.hasSuffix("\n1 more job ended over a day ago; --all shows it\n"))
        let cases: [([String], [String])] = [
            (["--all"], ["zzz", "broken", "paused", "fails", "done", "old"]),
            (["--phase", "succeeded"], ["done", "old"]),
            (["--phase", "failed", "--phase", "running"], ["zzz", "fails"]),
            (["--phase", "failed,running,held"], ["zzz", "broken", "fails"]),
            (["--user", "bob@example.org"], ["zzz", "paused", "fails"]),
            (["--user", "ann@example.org", "--all"], ["broken", "done", "old"]),
            (["--since", "2h"], ["zzz", "broken", "paused", "fails", "done"]),
            (["--since", "2025-12-31"], ["zzz", "broken", "paused", "fails", "done", "old"]),
            (["--since", "0d", "--phase", "succeeded,running"], ["zzz"]),
        ]
        for (options, expected) in cases {
            let result = try await Tool.run(
                ["status", "default"] + options + ["--server", service.url.absoluteString],
                in: scene.repository.clone
            )
            #expect(Set(ids(result.text)) == Set(expected), "\(options): \(result.text)")
            #expect(!result.text.contains("over a day ago"), "\(options)")
        }
        // One job is always shown, and programs get all jobs.
        #expect(ids(try await status("default/team-a/old", of: service, in: scene)) == ["old"])
        let names = try await status("--format", "name", of: service, in: scene)
        #expect(Set(names.split(separator: "\n")) == Set(cases[0].1.map { "default/team-a/\($0)" }))
        let failed = try await status("--format", "name", "--phase", "failed", of: service, in: scene)
        #expect(failed == "default/team-a/fails\n")
        let document = try JSON(Data(try await status("--format", "json", of: service, in: scene).utf8))
        #expect(document.elements == (try await service.jobs()))
        let ann = try await status("--user", "ann@example.org", of: service, in: scene)
        #expect(ann.hasSuffix("\n1 more job ended over a day ago; --all shows it\n"))

        let wrong: [([String], String)] = [
            (["--phase", "faild"], "did you mean failed?"), (["--phase", "x"], "phases: pending, "),
            (["--since", "soon"], "--since"), (["--all", "--since", "1h"], "leave one out"),
            (["default/team-a/done", "--phase", "failed"], "is one job"), (["--watch", "--format", "name"], "wide"),
        ]
        for (arguments, advice) in wrong {
            let result = try await Tool.run(
                ["status"] + arguments + ["--server", service.url.absoluteString],
                in: scene.repository.clone
            )
            #expect(result.code == 64, "\(arguments)")
            #expect(result.text.contains(advice), "\(arguments): \(result.text)")
        }
        let none = try await status("--phase", "queued", of: service, in: scene)
        #expect(none == "tfjob-admin: no job matches, or none that you may see\n")
        try await scene.end(service)
    }
}
